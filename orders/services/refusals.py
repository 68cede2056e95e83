"""Why a cart cannot be ordered: all reasons at once, in a fixed order."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from cart.ordering import LockedCart
from cart.priced import PricedCart, price_as_seen
from cart.problems import (
    AddressIncomplete,
    EmailMissing,
    ShippingMethodUnavailable,
    VoucherNotApplicable,
    problems_of,
    serialize_problem,
)
from catalog.services import shortages
from orders.errors import TotalChanged, TotalLimit
from orders.limits import Held, exceeded_limits
from shop.core.errors import ShopError
from shop.core.money import MAX_AMOUNT, show

_BEFORE_AMOUNTS = (
    EmailMissing,
    AddressIncomplete,
    ShippingMethodUnavailable,
    VoucherNotApplicable,
)

_REASONS = {
    "discount": "promotions",
    "shipping": "shipping_rates",
    "fee": "payment_method",
    "tax": "tax_rates",
}
"""Why an amount of a total can change, besides the prices of items."""
_MAY_HAVE_ENDED = frozenset({"discount", "shipping"})
"""The amounts whose 0 may be a change: a discount has ended, or shipping is free now."""


def refuse(cart: PricedCart, locked: LockedCart, held: Held, expected: Decimal | None) -> None:
    """Raise the first problem of an order, with all of them as ``problems``, if there are any.

    First is what the buyer has to complete, then the limits, the total, and the items. The problems
    are in the order of the cart's response, with those of the order itself at their end.
    """
    of_cart = problems_of(cart)
    quantities = {item.product_id: item.quantity for item in cart.totals.items}
    own = list(_own_problems(cart, held, expected, of_cart))
    first = [
        *(problem for problem in of_cart if isinstance(problem, _BEFORE_AMOUNTS)),
        *own,
        *shortages(locked.products, quantities),
    ]
    if first:
        problems = [serialize_problem(problem) for problem in of_cart]
        raise first[0].among([*problems, *map(_serialize, own)])


def _serialize(problem: ShopError) -> dict[str, Any]:
    common = {"code": problem.code, "blocking": True, "field": problem.field}
    return {**common, "detail": problem.detail, **problem.facts}


def _own_problems(
    cart: PricedCart, held: Held, expected: Decimal | None, of_cart: Sequence[ShopError]
) -> Iterator[ShopError]:
    totals = cart.totals
    yield from exceeded_limits(held, sum(item.quantity for item in totals.items))
    if totals.total > MAX_AMOUNT:
        yield TotalLimit(limit=show(MAX_AMOUNT))
    if expected is not None and totals.total != expected:
        changes = list(_changes(cart, expected, of_cart))
        facts = {"total": show(totals.total), "expected": show(expected)}
        yield TotalChanged(**facts, changes=changes)


def _changes(
    cart: PricedCart, expected: Decimal, of_cart: Sequence[ShopError]
) -> Iterator[dict[str, Any]]:
    """Yield what differs from what the buyer saw.

    A cart keeps the prices that its buyer has seen. If they explain the difference, the other
    amounts at these prices are what the buyer saw; if not, ``old`` is null for them.
    """
    for problem in of_cart:
        if problem.code == "price_changed":
            yield {"kind": "item", **problem.facts, "reason": problem.code}
    seen = price_as_seen(cart)
    is_explained = seen.total == expected
    refused = any(isinstance(problem, VoucherNotApplicable) for problem in of_cart)
    reasons = _REASONS | ({"discount": "voucher_not_applicable"} if refused else {})
    for kind, reason in reasons.items():
        old, new = getattr(seen, f"{kind}_total"), getattr(cart.totals, f"{kind}_total")
        if old != new or (not is_explained and (new or kind in _MAY_HAVE_ENDED)):
            shown = show(old) if is_explained else None
            yield {"kind": kind, "old": shown, "new": show(new), "reason": reason}
