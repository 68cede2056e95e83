"""Hooks: a lower layer calls functions of upper layers, in its own transaction.

An upper layer adds its functions in ``AppConfig.ready()``. What may happen after the commit is an
event instead (``shop.core.events``).
"""

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

from django.core.exceptions import ImproperlyConfigured

P = ParamSpec("P")
T = TypeVar("T")


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


class Single(Generic[T]):
    """A function or object of an upper layer, of which there can be only one."""

    def __init__(self, taken: str) -> None:
        """Start without one. ``taken`` is the error if another one is registered."""
        self._taken = taken
        self.value: T | None = None

    def register(self, value: T) -> None:
        """Store it. Raises ImproperlyConfigured if another one is registered."""
        if self.value is not None and self.value != value:
            raise ImproperlyConfigured(self._taken)
        self.value = value
