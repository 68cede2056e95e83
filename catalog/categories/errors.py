"""Errors about categories."""

from shop.core.errors import Conflict, NotFound


class CategoryNotFound(NotFound):
    """404: no such category."""

    code = "category_not_found"
    message = "No such category; GET /api/categories/ lists them."


class CategoryCycle(Conflict):
    """409: a category cannot lie below itself."""

    code = "category_cycle"
    message = "A category cannot be moved below itself: move what is below it out first."


class CategoryTooDeep(Conflict):
    """409. Facts: limit, levels that the tree may have."""

    code = "category_too_deep"
    message = "The tree of categories has at most {limit} levels."
    example = {"limit": 20}


class CategoryInUse(Conflict):
    """409. Facts: categories and products that it holds."""

    code = "category_in_use"
    message = "It holds {categories} categories and {products} products: move them out first."
    example = {"categories": 1, "products": 12}
