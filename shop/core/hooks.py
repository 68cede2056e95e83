"""Hooks: a lower layer calls functions of upper layers, in its own transaction.

An upper layer adds its function in ``AppConfig.ready()``. What may happen after the commit is an
event instead (``shop.core.events``).
"""

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Hook(Generic[P]):
    """Functions that are called with the same arguments, in the order in which they were added."""

    def __init__(self) -> None:
        """Start without functions."""
        self._handlers: list[Callable[P, object]] = []

    def __call__(self, handler: Callable[P, object]) -> None:
        """Add a function."""
        self._handlers.append(handler)

    def run(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call the functions. What one raises is raised here."""
        for handler in self._handlers:
            handler(*args, **kwargs)
