"""Promotions, the vouchers that are their codes, and the uses of both."""

from cart.promotions.models.promotions import (
    NAME_LENGTH,
    Promotion,
    PromotionKind,
    PromotionScope,
    PromotionUse,
)
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
    "PromotionUse",
    "Voucher",
    "VoucherQuerySet",
    "VoucherRedemption",
    "fold_code",
]
