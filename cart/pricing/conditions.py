"""Whether a promotion applies to a cart, and why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from cart.pricing.context import Context
from cart.pricing.rules import add
from cart.pricing.types import Line, Promotion, PromotionKind, VoucherReason


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a promotion does not apply."""

    reason: VoucherReason
    missing: Decimal | None = None
    """What the eligible items must cost more."""
    missing_quantity: int | None = None
    """How many eligible units are missing."""
    combined_with: tuple[str, ...] = ()
    """The codes, or names of promotions, that apply instead."""


def eligible_lines(promotion: Promotion, lines: Sequence[Line]) -> list[Line]:
    """Return the lines to which a promotion applies, in their order."""
    if not (promotion.product_ids or promotion.category_ids or promotion.collection_ids):
        return list(lines)
    return [line for line in lines if _is_selected(promotion, line)]


def _is_selected(promotion: Promotion, line: Line) -> bool:
    ids = promotion.product_ids
    item = line.item
    return (
        item.product_id in ids
        or item.parent_id in ids
        or not promotion.category_ids.isdisjoint(item.category_ids)
        or not promotion.collection_ids.isdisjoint(item.collection_ids)
    )


def buyer_obstacle(promotion: Promotion, context: Context) -> Obstacle | None:
    """Return why a promotion does not apply today or to this buyer.

    A promotion for first orders applies as long as the buyer is not known.
    """
    today = context.today
    if promotion.starts_on is not None and today < promotion.starts_on:
        return Obstacle(VoucherReason.NOT_STARTED)
    if promotion.ends_on is not None and today > promotion.ends_on:
        return Obstacle(VoucherReason.EXPIRED)
    if promotion.first_order_only and context.is_first_order is False:
        return Obstacle(VoucherReason.NOT_FOR_YOU)
    if promotion.id in context.used_up:
        return Obstacle(VoucherReason.USED_UP)
    return None


def items_obstacle(promotion: Promotion, eligible: Sequence[Line]) -> Obstacle | None:
    """Return why a promotion does not apply to these lines, after earlier discounts."""
    total = add(eligible)
    if promotion.kind == PromotionKind.FREE_SHIPPING:
        is_for_these = any(line.item.requires_shipping for line in eligible)
    else:
        is_for_these = total > 0
    if not is_for_these:
        return Obstacle(VoucherReason.NOT_FOR_THESE_ITEMS)
    if promotion.minimum_total is not None and total < promotion.minimum_total:
        missing = promotion.minimum_total - total
        return Obstacle(VoucherReason.MINIMUM_TOTAL, missing=missing)
    units = sum(line.quantity for line in eligible)
    if promotion.minimum_quantity is not None and units < promotion.minimum_quantity:
        missing_quantity = promotion.minimum_quantity - units
        return Obstacle(VoucherReason.NOT_FOR_THESE_ITEMS, missing_quantity=missing_quantity)
    return None
