"""Promotions and vouchers for tests."""

from decimal import Decimal
from typing import Any

from cart.promotions.models import Promotion, PromotionKind, Voucher


def create_promotion(name: str = "Ten percent", **fields: Any) -> Promotion:
    """Create a promotion of ten percent on the whole cart, unless fields say otherwise."""
    rule = {"kind": PromotionKind.PERCENT, "value": Decimal(10)}
    return Promotion.objects.create(name=name, **({} if "kind" in fields else rule) | fields)


def create_voucher(
    code: str = "WELCOME", *, promotion: Promotion | None = None, **limits: Any
) -> Voucher:
    """Create a voucher, for a promotion of ten percent unless one is given."""
    promotion = promotion or create_promotion(needs_code=True)
    return Voucher.objects.create(promotion=promotion, code=code, **limits)
