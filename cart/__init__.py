"""Intentions, and what they cost."""
