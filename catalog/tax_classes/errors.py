"""Errors about tax classes."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict


class TaxClassInUse(Conflict):
    """409. Facts: products, the number of products with the class. Rates may have it too."""

    message = _("Products or tax rates have this tax class (products: {products}).")
    example = {"products": 12}
