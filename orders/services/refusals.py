"""Why a cart cannot be ordered: all reasons at once, in a fixed order."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from cart.ordering import LockedCart
from cart.priced import PricedCart
from cart.pricing import Totals
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
from shop.core.money import MAX_AMOUNT, ZERO, show

_BEFORE_AMOUNTS = (
    EmailMissing,
    AddressIncomplete,
    ShippingMethodUnavailable,
    VoucherNotApplicable,
)


def refuse(cart: PricedCart, locked: LockedCart, held: Held, expected: Decimal | None) -> None:
    """Raise the first problem of an order, with all of them as ``problems``, if there are any.

    First is what the buyer has to complete, then the limits, the total, and the items. The problems
    are in the order of the cart's response, with those of the order itself at their end.
    """
    of_cart = problems_of(cart)
    quantities = {item.product_id: item.quantity for item in cart.totals.items}
    own = list(_own_problems(cart.totals, held, sum(quantities.values()), expected, of_cart))
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
    totals: Totals,
    held: Held,
    units: int,
    expected: Decimal | None,
    of_cart: Sequence[ShopError],
) -> Iterator[ShopError]:
    yield from exceeded_limits(held, units)
    if totals.total > MAX_AMOUNT:
        yield TotalLimit(limit=show(MAX_AMOUNT))
    if expected is not None and totals.total != expected:
        changes = list(_changes(totals, expected, of_cart))
        facts = {"total": show(totals.total), "expected": show(expected)}
        yield TotalChanged(**facts, changes=changes)


def _changes(
    totals: Totals, expected: Decimal, of_cart: Sequence[ShopError]
) -> Iterator[dict[str, Any]]:
    """Yield what differs from what the buyer saw.

    A cart keeps the prices that its buyer has seen. For the other amounts ``old`` is null: they are
    listed if the prices do not explain the difference.
    """
    quantities = {item.product_id: item.quantity for item in totals.items}
    explained = ZERO
    for problem in of_cart:
        if problem.code == "price_changed":
            facts = problem.facts
            difference = Decimal(facts["new"]) - Decimal(facts["old"])
            explained += difference * quantities[facts["product_id"]]
            yield {"kind": "item", **facts, "reason": problem.code}
    if totals.total - expected == explained:
        return
    refused = any(isinstance(problem, VoucherNotApplicable) for problem in of_cart)
    amounts = {
        "discount": (totals.discount_total, "voucher_not_applicable" if refused else "promotions"),
        "shipping": (totals.shipping_total, "shipping_rates"),
        "fee": (totals.fee_total, "payment_method"),
        "tax": (totals.tax_total, "tax_rates"),
    }
    for kind, (amount, reason) in amounts.items():
        yield {"kind": kind, "old": None, "new": show(amount), "reason": reason}
