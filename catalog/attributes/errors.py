"""Errors about attributes."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, NotFound


class AttributeNotFound(NotFound):
    """404: the attribute does not exist."""

    code = "attribute_not_found"
    message = _("This attribute does not exist.")


class AttributeInUse(Conflict):
    """409. Facts: products, the number of products with this attribute or a removed choice."""

    code = "attribute_in_use"
    field = "choices"
    message = _("Products with this attribute or choice: {products}. Remove it from them first.")
    example = {"products": 12}
