"""Redeeming and releasing vouchers, and making many codes at once.

A voucher's row is its lock: who redeems it locks it first, so that the uses that are read after it
are all that there are.
"""

from collections.abc import Sequence
from secrets import choice

from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.addresses import fold_address
from cart.pricing import VoucherReason
from cart.promotions.errors import VoucherNotRedeemed
from cart.promotions.models import (
    CODE_LENGTH,
    Promotion,
    PromotionUse,
    Voucher,
    VoucherRedemption,
    fold_code,
)
from cart.promotions.reads import entered_vouchers, vouchers_for_update
from shop.core.errors import InvalidField
from shop.core.transactions import transactional
from shop.engine import Insert, update

MAX_CODES = 10_000
"""Codes that are made at once."""
RANDOM_LENGTH = 10
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0, 1, I, L and O, which look alike. Ten of them are 49 bits."""


@update
def _count_use(*, voucher_ids: list[int]) -> tuple[QuerySet[Voucher], dict[str, object]]:
    """Count a use of vouchers that the caller has locked."""
    return Voucher.objects.filter(pk__in=voucher_ids), {"used": F("used") + 1}


_new_redemptions = Insert(VoucherRedemption, "order_id", "voucher_id", "user_id", "email_key")


def redeem(*, codes: Sequence[str], order_id: int, user_id: int | None, email: str) -> None:
    """Count a use of each voucher for a new order. Raises VoucherNotRedeemed.

    Needs the caller's transaction, which undoes it. Locks the vouchers in ascending id until it
    ends: call it after the products are locked, and before the revision of the catalog is bumped.
    The limits for each customer count orders of the account as well as of the e-mail address.
    """
    keys = {fold_code(code): code for code in codes}
    vouchers_for_update.lock_with_next_statement(code_keys=list(keys))
    found = entered_vouchers(codes, user_id=user_id, email=email)
    for key, code in keys.items():
        if key not in found:
            raise VoucherNotRedeemed(voucher_code=code, reason=VoucherReason.UNKNOWN)
    for key, voucher in found.items():
        if voucher.is_used_up:
            raise VoucherNotRedeemed(voucher_code=keys[key], reason=VoucherReason.USED_UP)
    email_key = fold_address(email)
    ids = [voucher.voucher_id for voucher in found.values()]
    _count_use.send_with_next(voucher_ids=ids)
    _new_redemptions.send_with_next((order_id, pk, user_id, email_key) for pk in ids)


def release(*, order_id: int) -> int:
    """Return the uses of an order's vouchers and promotions, when it is cancelled or expires.

    Return the number of vouchers. A redemption is released once, however often this is called.
    Needs the caller's transaction.
    """
    PromotionUse.objects.filter(order_id=order_id, released_at=None).update(released_at=Now())
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
