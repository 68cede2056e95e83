"""Errors about categories."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, NotFound


class CategoryNotFound(NotFound):
    """404: the category does not exist."""

    code = "category_not_found"
    field = "category_id"
    message = _("This category does not exist.")


class CategoryCycle(Conflict):
    """409: the new parent is below the category."""

    code = "category_cycle"
    field = "parent_id"
    message = _("A category cannot be moved below itself or one of its subcategories.")


class CategoryTooDeep(Conflict):
    """409. Facts: limit, the number of levels that the tree may have."""

    code = "category_too_deep"
    field = "parent_id"
    message = _("Categories may be nested at most {limit} levels deep.")
    example = {"limit": 20}


class CategoryInUse(Conflict):
    """409. Facts: categories and products, the numbers of them in the category."""

    code = "category_in_use"
    message = _(
        "The category is not empty. Categories in it: {categories}, products: {products}. "
        "Move them first."
    )
    example = {"categories": 1, "products": 12}
