"""Whether a buyer orders for the first time, which promotions may ask. Orders know it."""

from collections.abc import Callable

_has_ordered: list[Callable[[int | None, str], bool]] = []


def register(has_ordered: Callable[[int | None, str], bool]) -> None:
    """Set ``has_ordered(user_id, email)``: whether the user, or anybody by this address, ordered.

    It sends at most one statement. ``user_id`` is None for a guest, ``email`` may be empty.
    """
    _has_ordered[:] = [has_ordered]


def is_first_order(user_id: int | None, email: str) -> bool | None:
    """Return whether a buyer has not ordered before; None for a guest without an address."""
    if user_id is None and not email:
        return None
    return not any(has_ordered(user_id, email) for has_ordered in _has_ordered)
