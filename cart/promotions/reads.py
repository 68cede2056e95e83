"""Reads vouchers that a buyer entered, with what their limits say."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, QuerySet, Subquery

from cart.promotions.customers import customer_of, of_customer
from cart.promotions.models import Voucher, VoucherRedemption, fold_code
from shop.engine import select


class EnteredVoucher(NamedTuple):
    """An active voucher, and how often this customer used it (None: never)."""

    voucher_id: int
    code_key: str
    code: str
    promotion_id: int
    used: int
    max_uses: int | None
    max_uses_per_customer: int | None
    used_by_customer: int | None

    @property
    def is_used_up(self) -> bool:
        """Whether this customer cannot use it any more."""
        return _reached(self.used, self.max_uses) or _reached(
            self.used_by_customer, self.max_uses_per_customer
        )


def entered_vouchers(
    codes: Sequence[str], *, user_id: int | None, email: str
) -> dict[str, EnteredVoucher]:
    """Return the active vouchers by the keys of their codes. One statement, none without codes.

    The uses of a customer are those of the account as well as of the e-mail address.
    """
    if not codes:
        return {}
    keys = [fold_code(code) for code in codes]
    rows = _with_uses.rows(code_keys=keys, **customer_of(user_id, email))
    return {row.code_key: row for row in rows}


class _VoucherId(NamedTuple):
    voucher_id: int


@select(_VoucherId)
def vouchers_for_update(*, code_keys: list[str]) -> QuerySet[Voucher, Any]:
    """The active vouchers with these keys, locked in ascending id."""
    vouchers = Voucher.objects.filter(code_key__in=code_keys, is_active=True).order_by("pk")
    return vouchers.select_for_update(no_key=True).values_list("pk")


@select(EnteredVoucher)
def _with_uses(
    *, code_keys: list[str], user_id: int | None = None, email_key: str | None = None
) -> QuerySet[Voucher, Any]:
    """The active vouchers with these keys, in ascending id, with the uses of a customer."""
    uses = VoucherRedemption.objects.filter(
        of_customer(user_id, email_key), released_at=None, voucher_id=OuterRef("pk")
    )
    by_customer = uses.order_by().values("voucher_id").values_list(Count("pk"))
    return (
        Voucher.objects.filter(code_key__in=code_keys, is_active=True)
        .order_by("pk")
        .values_list(
            "pk",
            "code_key",
            "code",
            "promotion_id",
            "used",
            "max_uses",
            "max_uses_per_customer",
            Subquery(by_customer),
        )
    )


def _reached(used: int | None, limit: int | None) -> bool:
    return limit is not None and (used or 0) >= limit
