"""Errors that several packages of the catalog raise, or other apps."""

from shop.core.errors import Conflict, NotFound


class ProductNotFound(NotFound):
    """404: the product does not exist or is not for sale."""

    code = "product_not_found"
    message = "This product does not exist or is not for sale."


class ProductUnavailable(Conflict):
    """409. Facts: product_ids, the products that are no longer for sale."""

    code = "product_unavailable"
    message = "Products {product_ids} are no longer for sale. Please remove them from the cart."
    example = {"product_ids": [7, 9]}


class OutOfStock(Conflict):
    """409. Facts: product_id and available of the first such product, product_ids of all."""

    code = "out_of_stock"
    field = "stock"
    message = "Only {available} units of product {product_id} are in stock."
    example = {"product_id": 7, "available": 2, "product_ids": [7]}


class VariantRequired(Conflict):
    """409. Facts: product_id, variant_ids, and choices, the option values in the same order."""

    code = "choose_variant"
    message = "Product {product_id} has variants. Please choose one of `variant_ids`."
    example = {"product_id": 7, "variant_ids": [8, 9], "choices": ["S / Red", "M / Red"]}


class SlugTaken(Conflict):
    """409. Facts: slug."""

    code = "slug_taken"
    field = "slug"
    message = "The slug {slug} is already in use. Please choose another."
    example = {"slug": "tea"}
