"""The second step: promotions without a code, then vouchers, each on what the earlier ones left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from cart.pricing.conditions import (
    Obstacle,
    buyer_obstacle,
    eligible_lines,
    items_obstacle,
)
from cart.pricing.context import Configuration, Context
from cart.pricing.results import Allocation, Discount
from cart.pricing.rounding import round_half_up, split
from cart.pricing.rules import BUILT_IN
from cart.pricing.types import ZERO, Line, Promotion, PromotionKind, Voucher, VoucherReason


@dataclass(frozen=True, slots=True)
class Discounted:
    """The lines after discounts, by ascending product id."""

    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...] = ()
    """Discounts on items, and at most one on shipping, whose amount is not known yet."""
    vouchers: tuple[tuple[Voucher, Obstacle | None], ...] = ()
    """Each voucher with what is against it."""


def apply_discounts(lines: Sequence[Line], context: Context) -> Discounted:
    """Apply promotions and vouchers to lines, which are sorted by product id."""
    result = Discounted(tuple(lines))
    for promotion in context.configuration.promotions:
        if buyer_obstacle(promotion, context) is None:
            applied = _apply(result, promotion, None, context.configuration)
            result = result if isinstance(applied, Obstacle) else applied
    for voucher in context.vouchers:
        redeemed = _redeem(result, voucher, context)
        if isinstance(redeemed, Obstacle):
            result = replace(result, vouchers=(*result.vouchers, (voucher, redeemed)))
        else:
            result = replace(redeemed, vouchers=(*result.vouchers, (voucher, None)))
    return result


def _redeem(result: Discounted, voucher: Voucher, context: Context) -> Discounted | Obstacle:
    """Apply a voucher, or return what is against it."""
    promotion = voucher.promotion
    if promotion is None or voucher.reason is not None:
        return Obstacle(voucher.reason or VoucherReason.UNKNOWN)
    obstacle = buyer_obstacle(promotion, context)
    if obstacle is not None:
        return obstacle
    others = tuple(other.code for other, obstacle in result.vouchers if obstacle is None)
    if len(others) >= context.configuration.settings.vouchers_at_once:
        return Obstacle(VoucherReason.NOT_COMBINABLE, combined_with=others)
    return _apply(result, promotion, voucher.code, context.configuration)


def _apply(
    result: Discounted, promotion: Promotion, code: str | None, configuration: Configuration
) -> Discounted | Obstacle:
    """Apply a promotion to the lines as earlier discounts left them."""
    eligible = eligible_lines(promotion, result.lines)
    obstacle = items_obstacle(promotion, eligible)
    if obstacle is not None:
        return obstacle
    if promotion.kind == PromotionKind.FREE_SHIPPING:
        return _make_shipping_free(result, promotion, code)
    allocations = allocate(promotion, eligible, configuration)
    if not allocations:
        return Obstacle(VoucherReason.NOT_FOR_THESE_ITEMS)
    amount = sum((allocation.amount for allocation in allocations), ZERO)
    discount = _discount(promotion, code, "items", amount, allocations)
    return replace(
        result,
        lines=_reduce(result.lines, allocations),
        discounts=(*result.discounts, discount),
    )


def _discount(
    promotion: Promotion,
    code: str | None,
    target: Literal["items", "shipping"],
    amount: Decimal,
    allocations: tuple[Allocation, ...],
) -> Discount:
    return Discount(
        promotion_id=promotion.id,
        name=promotion.name,
        kind=promotion.kind,
        code=code,
        target=target,
        amount=amount,
        allocations=allocations,
        is_limited=promotion.is_limited,
    )


def allocate(
    promotion: Promotion, eligible: Sequence[Line], configuration: Configuration
) -> tuple[Allocation, ...]:
    """Return what a promotion takes off each line: rounded once, then split in proportion."""
    exponent = configuration.settings.exponent
    rule = configuration.rules.get(promotion.kind) or BUILT_IN[promotion.kind]
    exact = [
        max(min(Fraction(amount), Fraction(line.total)), Fraction(0))
        for amount, line in zip(rule(promotion, eligible), eligible, strict=True)
    ]
    amount = round_half_up(sum(exact, Fraction(0)), exponent)
    if not amount:
        return ()
    parts = split(amount, exact, exponent, limits=[line.total for line in eligible])
    return tuple(
        Allocation(line.item.product_id, part)
        for line, part in zip(eligible, parts, strict=True)
        if part
    )


def _reduce(lines: tuple[Line, ...], allocations: Sequence[Allocation]) -> tuple[Line, ...]:
    amounts = {allocation.product_id: allocation.amount for allocation in allocations}
    return tuple(
        replace(line, total=line.total - amounts[line.item.product_id])
        if line.item.product_id in amounts
        else line
        for line in lines
    )


def _make_shipping_free(
    result: Discounted, promotion: Promotion, code: str | None
) -> Discounted | Obstacle:
    """Add a discount on shipping, unless another one makes it free already."""
    other = next((found for found in result.discounts if found.target == "shipping"), None)
    if other is not None:
        names = (other.code or other.name,)
        return Obstacle(VoucherReason.NOT_COMBINABLE, combined_with=names)
    discount = _discount(promotion, code, "shipping", ZERO, ())
    return replace(result, discounts=(*result.discounts, discount))


def complete(discounts: Sequence[Discount], shipping_price: Decimal) -> tuple[Discount, ...]:
    """Return the discounts, with the price of shipping as the amount of the one on shipping."""
    if not shipping_price:
        return tuple(discount for discount in discounts if discount.target == "items")
    whole = (Allocation(None, shipping_price),)
    return tuple(
        replace(discount, amount=shipping_price, allocations=whole)
        if discount.target == "shipping"
        else discount
        for discount in discounts
    )


def discount_sum(discounts: Sequence[Discount], target: str) -> Decimal:
    """Return the sum of the discounts on items, or on shipping."""
    return sum((discount.amount for discount in discounts if discount.target == target), ZERO)
