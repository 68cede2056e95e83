"""The sizes in which images are stored."""

LARGE, MEDIUM, SMALL, THUMBNAIL = 1600, 800, 400, 200
SIZES = {"large": LARGE, "medium": MEDIUM, "small": SMALL, "thumbnail": THUMBNAIL}
"""Pixels of the longer side by size, descending. Smaller images are not enlarged."""
