"""The errors of vouchers."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict


class VoucherNotRedeemed(Conflict):
    """409: a voucher was used up meanwhile. Facts: voucher_code; reason, a ``VoucherReason``."""

    field = "voucher_codes"
    message = _("The code “{voucher_code}” has been used already.")
