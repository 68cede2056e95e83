"""Errors about attributes."""

from shop.core.errors import Conflict, NotFound


class AttributeNotFound(NotFound):
    """404: the attribute does not exist."""

    code = "attribute_not_found"
    message = "This attribute does not exist. GET /api/attributes/ lists all attributes."


class AttributeInUse(Conflict):
    """409. Facts: products, the number of products with this attribute or a removed choice."""

    code = "attribute_in_use"
    field = "choices"
    message = "{products} products have this attribute or choice. Remove it from them first."
    example = {"products": 12}
