"""Amounts in cents: reading, writing and dividing them."""

from collections.abc import Sequence


def cents(text: str) -> int:
    """Return the cents of an amount such as ``"4.50"``."""
    whole, _, rest = text.partition(".")
    return int(whole + rest.ljust(2, "0"))


def show(amount: int) -> str:
    """Return an amount as responses have it."""
    return f"{amount // 100}.{amount % 100:02}"


def share(total: int, units: int, quantity: int) -> int:
    """Return what the first ``units`` of ``quantity`` units are worth, rounded half up."""
    return (2 * total * units + quantity) // (2 * quantity)


def reduce_to(amounts: Sequence[int], total: int) -> list[int]:
    """Return amounts in the same proportions that add up to ``total``, which is at most theirs.

    The cents that are missing after rounding down go to the largest remainders.
    """
    whole = sum(amounts)
    if not whole:
        return list(amounts)
    parts = [total * amount // whole for amount in amounts]
    order = sorted(range(len(parts)), key=lambda i: (-(total * amounts[i] % whole), i))
    missing = total - sum(parts)
    for index in order:
        if missing and parts[index] < amounts[index]:
            parts[index] += 1
            missing -= 1
    return parts
