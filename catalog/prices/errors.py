"""Errors about sales."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, NotFound


class SaleNotFound(NotFound):
    """404: the sale does not exist."""

    code = "sale_not_found"
    message = _("This sale does not exist.")


class SaleStarted(Conflict):
    """409: the change would alter past prices, from which the lowest price of 30 days follows."""

    code = "sale_begun"
    field = "ends_at"
    message = _(
        "The sale has started. Only its name and its end can change, the end to a future time."
    )
