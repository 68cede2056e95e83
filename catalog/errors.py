"""What the catalog refuses."""

from shop.core.errors import Conflict, NotFound


class ProductNotFound(NotFound):
    """404: no such product is for sale."""

    code = "product_not_found"
    message = "No such product is for sale."


class OutOfStock(Conflict):
    """409. Facts: product_id and available of the first short product, product_ids of all."""

    code = "out_of_stock"
    message = "Product {product_id} has {available} in stock, fewer than asked for."
    example = {"product_id": 7, "available": 2, "product_ids": [7]}


class ProductUnavailable(Conflict):
    """409. Facts: product_ids that are no longer for sale."""

    code = "product_unavailable"
    message = "No longer for sale: products {product_ids}. Take them out of the cart."
    example = {"product_ids": [7, 9]}


class StockLimit(Conflict):
    """409. Facts: limit, pieces that one product may have."""

    code = "stock_limit"
    message = "A product has at most {limit} pieces in stock."
    example = {"limit": 1_000_000_000}
