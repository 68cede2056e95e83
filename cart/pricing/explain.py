"""How a price came about, step by step: the amounts of a result in the order of the computation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from cart.pricing.results import Totals

StepName = Literal["item", "discount", "voucher", "shipping", "shipping_discount", "fee", "tax"]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the computation. Amounts are in the shop's currency."""

    step: StepName
    name: str
    """The product, promotion, voucher code, method or tax."""
    amount: Decimal
    """What the step adds, or takes off if it is negative; for tax within prices, how much it is."""
    total: Decimal
    """The total after this step."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the amount was computed from."""


def explain(totals: Totals) -> tuple[Step, ...]:
    """Return the steps by which ``totals`` came about. The last one ends at its total.

    A voucher that does not apply is a step of 0 with its reason.
    """
    steps: list[Step] = []
    total = totals.subtotal - totals.subtotal
    for name, label, amount, facts in _changes(totals):
        is_included = name == "tax" and totals.prices_include_tax
        total += amount - amount if is_included else amount
        steps.append(Step(name, label, amount, total, facts))
    return tuple(steps)


_Change = tuple[StepName, str, Decimal, dict[str, Any]]


def _changes(totals: Totals) -> Iterator[_Change]:
    yield from _items(totals)
    yield from _discounts(totals, "items")
    for voucher in totals.vouchers:
        if voucher.reason is not None:
            yield "voucher", voucher.code, voucher.amount, {"reason": voucher.reason}
    if totals.shipping_method is not None:
        method = totals.shipping_method
        facts = {"code": method.code, "preselected": method.preselected}
        yield "shipping", method.name, totals.shipping_price, facts
    yield from _discounts(totals, "shipping")
    if totals.fee_total:
        yield "fee", "", totals.fee_total, {}
    for row in totals.taxes:
        facts = {"rate": row.rate, "country": row.country, "base": row.base}
        facts |= {"reason": row.reason, "included": totals.prices_include_tax}
        yield "tax", row.name, row.amount, facts


def _items(totals: Totals) -> Iterator[_Change]:
    for item in totals.items:
        facts = {
            "product_id": item.product_id,
            "quantity": item.quantity,
            "unit_price": item.unit_price,
            "regular_unit_price": item.regular_unit_price,
        }
        if item.item.is_overridden:
            facts["price_override"] = item.item.unit_price
        yield "item", item.name, item.line_subtotal, facts


def _discounts(totals: Totals, target: Literal["items", "shipping"]) -> Iterator[_Change]:
    step: StepName = "discount" if target == "items" else "shipping_discount"
    for discount in totals.discounts:
        if discount.target == target:
            facts = {
                "promotion_id": discount.promotion_id,
                "kind": discount.kind,
                "code": discount.code,
                "allocations": [
                    {"product_id": part.product_id, "amount": part.amount}
                    for part in discount.allocations
                ],
            }
            yield step, discount.name, -discount.amount, facts
