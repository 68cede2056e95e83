"""What the reconciliation reports."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between provider and shop, described by a sentence for staff.

    ``correct`` applies the correction. It is None if a person has to decide.
    """

    sentence: str
    correct: Callable[[], object] | None = None
