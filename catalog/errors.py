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


class SlugTaken(Conflict):
    """409. Facts: slug."""

    code = "slug_taken"
    message = "Another one has the slug {slug}; choose one of your own."
    example = {"slug": "tea"}
