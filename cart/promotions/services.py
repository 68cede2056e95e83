"""Redeeming and releasing vouchers, and making many codes at once.

A voucher's row is its lock: the guarded update that counts a use takes it, so that the redemptions
that are read after it are all that there are.
"""

from collections.abc import Sequence
from secrets import choice

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.addresses import fold_address
from cart.pricing import VoucherReason
from cart.promotions.errors import VoucherNotRedeemed
from cart.promotions.models import (
    CODE_LENGTH,
    Promotion,
    Voucher,
    VoucherRedemption,
    fold_code,
)
from cart.promotions.reads import of_customer
from shop.core.errors import InvalidField
from shop.core.transactions import transactional

MAX_CODES = 10_000
"""Codes that are made at once."""
RANDOM_LENGTH = 10
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0, 1, I, L and O, which look alike. Ten of them are 49 bits."""


def redeem(*, codes: Sequence[str], order_id: int, user_id: int | None, email: str) -> None:
    """Count a use of each voucher for a new order. Raises VoucherNotRedeemed.

    Needs the caller's transaction, which undoes it. Locks the vouchers in ascending id until it
    ends: call it after the products are locked, and before the revision of the catalog is bumped.
    The limits for each customer count orders of the account as well as of the e-mail address.
    """
    keys = {fold_code(code): code for code in codes}
    found = Voucher.objects.filter(code_key__in=keys, is_active=True).order_by("pk")
    vouchers = dict(found.values_list("code_key", "pk"))
    for key, code in keys.items():
        if key not in vouchers:
            raise VoucherNotRedeemed(voucher_code=code, reason=VoucherReason.UNKNOWN)
    email_key = fold_address(email) if email else ""
    for key, pk in vouchers.items():
        _redeem(pk, keys[key], order_id, user_id, email_key)


def release(*, order_id: int) -> int:
    """Return the uses of an order's vouchers, when it is cancelled or expires. Return their number.

    A redemption is released once, however often this is called. Needs the caller's transaction.
    """
    active = VoucherRedemption.objects.filter(order_id=order_id, released_at=None)
    released = 0
    for pk, voucher_id in active.order_by("voucher_id").values_list("pk", "voucher_id"):
        if active.filter(pk=pk).update(released_at=Now()):
            Voucher.objects.filter(pk=voucher_id).update(used=F("used") - 1)
            released += 1
    return released


@transactional
def make_codes(
    *,
    promotion: Promotion,
    number: int,
    code_prefix: str = "",
    batch: str = "",
    max_uses: int | None = 1,
    max_uses_per_customer: int | None = None,
) -> list[Voucher]:
    """Create vouchers with random codes, each of which begins with ``code_prefix``.

    Raises InvalidField for a number or a prefix that is too large. At 49 random bits, a code that
    exists already is practically impossible; the unique key would refuse it, and nothing is made.
    """
    if not 1 <= number <= MAX_CODES:
        reason = _("Make 1 to {limit} codes at once.").format(limit=MAX_CODES)
        raise InvalidField(field="number", reason=reason)
    if len(code_prefix) > CODE_LENGTH - RANDOM_LENGTH:
        raise InvalidField(field="code_prefix", reason=_("The prefix is too long."))
    codes = {code_prefix + random_code() for _number in range(number)}
    return Voucher.objects.bulk_create(
        Voucher(
            promotion=promotion,
            code=code,
            code_key=fold_code(code),
            batch=batch,
            max_uses=max_uses,
            max_uses_per_customer=max_uses_per_customer,
        )
        for code in sorted(codes)
    )


def random_code() -> str:
    """Return a code that cannot be guessed."""
    return "".join(choice(ALPHABET) for _number in range(RANDOM_LENGTH))


def _redeem(pk: int, code: str, order_id: int, user_id: int | None, email_key: str) -> None:
    left = Q(max_uses=None) | Q(used__lt=F("max_uses"))
    if not Voucher.objects.filter(left, pk=pk, is_active=True).update(used=F("used") + 1):
        raise VoucherNotRedeemed(voucher_code=code, reason=VoucherReason.USED_UP)
    limit = Voucher.objects.values_list("max_uses_per_customer", flat=True).get(pk=pk)
    if limit is not None:
        uses = VoucherRedemption.objects.filter(of_customer(user_id, email_key), voucher_id=pk)
        if uses.count() >= limit:
            raise VoucherNotRedeemed(voucher_code=code, reason=VoucherReason.USED_UP)
    VoucherRedemption.objects.create(
        order_id=order_id, voucher_id=pk, user_id=user_id, email_key=email_key
    )
