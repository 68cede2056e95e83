"""The errors of vouchers."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict


class VoucherNotRedeemed(Conflict):
    """409: a voucher was used up meanwhile. Facts: voucher_code; reason, a ``VoucherReason``."""

    field = "voucher_codes"
    example: ClassVar[dict[str, Any]] = {"voucher_code": "TEA10", "reason": "used_up"}
    message = _("The code “{voucher_code}” has been used already.")
