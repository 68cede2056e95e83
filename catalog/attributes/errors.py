"""Errors about attributes."""

from shop.core.errors import Conflict, NotFound


class AttributeNotFound(NotFound):
    """404: no such attribute."""

    code = "attribute_not_found"
    message = "No such attribute; GET /api/attributes/ lists them."


class AttributeInUse(Conflict):
    """409. Facts: products that have it, or the choice that would go."""

    code = "attribute_in_use"
    message = "{products} products have it: take it from them first."
    example = {"products": 12}
