"""Errors that several subjects of the catalog raise, or another app."""

from shop.core.errors import Conflict, NotFound


class ProductNotFound(NotFound):
    """404: no such product is for sale."""

    code = "product_not_found"
    message = "No such product is for sale."


class ProductUnavailable(Conflict):
    """409. Facts: product_ids that are no longer for sale."""

    code = "product_unavailable"
    message = "No longer for sale: products {product_ids}. Take them out of the cart."
    example = {"product_ids": [7, 9]}


class OutOfStock(Conflict):
    """409. Facts: product_id and available of the first short product, product_ids of all."""

    code = "out_of_stock"
    message = "Product {product_id} has {available} in stock, fewer than asked for."
    example = {"product_id": 7, "available": 2, "product_ids": [7]}


class ChooseVariant(Conflict):
    """409. Facts: product_id; variant_ids and their choices, in one order."""

    code = "choose_variant"
    message = "Product {product_id} comes in variants: choose one of variant_ids."
    example = {"product_id": 7, "variant_ids": [8, 9], "choices": ["S / Red", "M / Red"]}


class SlugTaken(Conflict):
    """409. Facts: slug."""

    code = "slug_taken"
    message = "Another one has the slug {slug}; choose one of your own."
    example = {"slug": "tea"}
