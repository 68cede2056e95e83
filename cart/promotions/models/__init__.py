"""Promotions, the vouchers that are their codes, and the redemptions of vouchers."""

from cart.promotions.models.promotions import NAME_LENGTH, Promotion, PromotionKind, PromotionScope
from cart.promotions.models.vouchers import (
    CODE_LENGTH,
    Voucher,
    VoucherQuerySet,
    VoucherRedemption,
    fold_code,
)

__all__ = [
    "CODE_LENGTH",
    "NAME_LENGTH",
    "Promotion",
    "PromotionKind",
    "PromotionScope",
    "Voucher",
    "VoucherQuerySet",
    "VoucherRedemption",
    "fold_code",
]
