"""What the steps did, as results name it: vouchers, problems and estimates."""

from collections.abc import Sequence
from decimal import Decimal

from cart.pricing.charges import TaxReason
from cart.pricing.conditions import Obstacle
from cart.pricing.context import Context
from cart.pricing.results import Discount, Estimate, PricedVoucher, PricingProblem
from cart.pricing.rounding import round_half_up
from cart.pricing.types import ZERO, Voucher


def priced_vouchers(
    vouchers: Sequence[tuple[Voucher, Obstacle | None]],
    discounts: Sequence[Discount],
    exponent: int,
) -> tuple[PricedVoucher, ...]:
    """Return each voucher with its discount, or with what is against it."""
    amounts = {discount.code: discount.amount for discount in discounts}
    zero = round_half_up(ZERO, exponent)
    return tuple(
        _priced_voucher(voucher, obstacle, amounts.get(voucher.code, zero), exponent)
        for voucher, obstacle in vouchers
    )


def _priced_voucher(
    voucher: Voucher, obstacle: Obstacle | None, amount: Decimal, exponent: int
) -> PricedVoucher:
    name = voucher.promotion.name if voucher.promotion else ""
    if obstacle is None:
        return PricedVoucher(voucher.code, name, is_applied=True, amount=amount)
    missing = None if obstacle.missing is None else round_half_up(obstacle.missing, exponent)
    return PricedVoucher(
        code=voucher.code,
        name=name,
        is_applied=False,
        amount=round_half_up(ZERO, exponent),
        reason=obstacle.reason,
        missing=missing,
        missing_quantity=obstacle.missing_quantity,
        combined_with=obstacle.combined_with,
    )


def voucher_problems(vouchers: Sequence[PricedVoucher]) -> tuple[PricingProblem, ...]:
    """Return a problem for each voucher that does not apply."""
    return tuple(
        PricingProblem(
            "voucher_not_applicable",
            "voucher_codes",
            {"code": voucher.code, "reason": voucher.reason, **voucher.facts},
        )
        for voucher in vouchers
        if voucher.reason is not None
    )


def discount_estimates(discounts: Sequence[Discount], context: Context) -> tuple[Estimate, ...]:
    """Return that a discount for first orders is not final while the buyer is not known."""
    if context.is_first_order is not None:
        return ()
    promotions = [voucher.promotion for voucher in context.vouchers if voucher.promotion]
    promotions += context.configuration.promotions
    conditional = {promotion.id for promotion in promotions if promotion.first_order_only}
    applied = {discount.promotion_id for discount in discounts}
    return (Estimate("discounts", "buyer_unknown"),) if conditional & applied else ()


def tax_estimates(context: Context) -> tuple[Estimate, ...]:
    """Return that the tax of the shop's country is assumed while there is no address."""
    if context.destination is not None or not context.configuration.taxes:
        return ()
    return (Estimate("taxes", TaxReason.ADDRESS_MISSING),)
