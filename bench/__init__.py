"""The benchmark: ``make bench``. What it measures, and how to read it, is in README.md."""

import sys


def say(text: str) -> None:
    """Print at once, for those who wait."""
    sys.stdout.write(text)
    sys.stdout.flush()
