"""The benchmarks: ``make bench``. README.md describes them."""

import sys


def say(text: str) -> None:
    """Print without buffering."""
    sys.stdout.write(text)
    sys.stdout.flush()
