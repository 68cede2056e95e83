"""Reads vouchers that a buyer entered, with what their limits say."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, OuterRef, Q, Subquery

from accounts.addresses import fold_address
from cart.promotions.models import Voucher, VoucherRedemption, fold_code


class EnteredVoucher(NamedTuple):
    """A voucher that exists. ``is_used_up`` says whether this customer can use it no more."""

    code: str
    promotion_id: int
    is_used_up: bool


def of_customer(user_id: int | None, email_key: str) -> Q:
    """Return the condition of redemptions that count for a customer: by account and by e-mail."""
    condition = Q(pk__in=[])
    if user_id is not None:
        condition |= Q(user_id=user_id)
    if email_key:
        condition |= Q(email_key=email_key)
    return condition & Q(released_at=None)


def entered_vouchers(
    codes: Sequence[str], *, user_id: int | None, email: str
) -> dict[str, EnteredVoucher]:
    """Return the active vouchers by the keys of their codes. One statement, none without codes."""
    if not codes:
        return {}
    email_key = fold_address(email) if email else ""
    uses = VoucherRedemption.objects.filter(
        of_customer(user_id, email_key), voucher_id=OuterRef("pk")
    )
    by_customer = uses.order_by().values("voucher_id").values_list(Count("pk"))
    rows = Voucher.objects.filter(
        code_key__in=[fold_code(code) for code in codes], is_active=True
    ).values_list(
        "code_key",
        "code",
        "promotion_id",
        "used",
        "max_uses",
        "max_uses_per_customer",
        Subquery(by_customer),
    )
    return {
        key: EnteredVoucher(code, promotion, _reached(used, limit) or _reached(own, limit_for_each))
        for key, code, promotion, used, limit, limit_for_each, own in rows
    }


def _reached(used: int | None, limit: int | None) -> bool:
    return limit is not None and (used or 0) >= limit
