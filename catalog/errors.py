"""Errors that several packages of the catalog raise, or other apps."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, NotFound

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ProductNotFound(NotFound):
    """404: the product does not exist or is not for sale."""

    code = "product_not_found"
    field = "product_id"
    message = _("This product does not exist or is not for sale.")


class ProductUnavailable(Conflict):
    """409: products are no longer for sale. Facts: product_ids, and names in the same order."""

    code = "product_unavailable"
    reports_all = True
    message = _("No longer for sale: {names}. Please remove it from the cart.")
    example = {"product_ids": [7, 9], "names": ["Tea", "Cup"]}

    def words(self) -> dict[str, Any]:
        """Put the names in quotation marks."""
        return {"names": ", ".join(_("“{name}”").format(name=name) for name in self.facts["names"])}


class OutOfStock(Conflict):
    """409. Facts: product_id, name and available of the first such product, product_ids of all."""

    code = "out_of_stock"
    reports_all = True
    field = "stock"
    message = _("“{name}” has only {available} left in stock.")
    sold_out = _("“{name}” is out of stock.")
    example = {"product_id": 7, "name": "Tea", "available": 2, "product_ids": [7]}

    def template(self) -> "StrOrPromise":
        """Say it differently if nothing is left."""
        return self.message if self.facts["available"] > 0 else self.sold_out


class VariantRequired(Conflict):
    """409: a product is bought as one of its variants.

    Facts: product_id, name, variant_ids, and choices, the option values in the same order.
    """

    code = "choose_variant"
    field = "product_id"
    message = _("Please choose a variant of “{name}”.")
    example = {
        "product_id": 7,
        "name": "Shirt",
        "variant_ids": [8, 9],
        "choices": ["S / Red", "M / Red"],
    }


class SlugTaken(Conflict):
    """409. Facts: slug."""

    code = "slug_taken"
    field = "slug"
    message = _("The slug “{slug}” is already in use. Please choose another.")
    example = {"slug": "tea"}
