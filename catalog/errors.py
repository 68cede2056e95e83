"""What the catalog refuses."""

from shop.core.errors import Conflict, InvalidField, NotFound, ShopError


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


class SkuTaken(Conflict):
    """409. Facts: sku."""

    code = "sku_taken"
    message = "Another product has the SKU {sku}."
    example = {"sku": "TEA-1"}


class ChooseVariant(Conflict):
    """409. Facts: product_id; variant_ids and their choices, in one order."""

    code = "choose_variant"
    message = "Product {product_id} comes in variants: choose one of variant_ids."
    example = {"product_id": 7, "variant_ids": [8, 9], "choices": ["S / Red", "M / Red"]}


class VariantExists(Conflict):
    """409. Facts: options, the values that another variant of the product has."""

    code = "variant_exists"
    message = "The product has a variant with these options already."
    example = {"options": ["S", "Red"]}


class VariantLimit(Conflict):
    """409. Facts: limit, variants that a product may have."""

    code = "variant_limit"
    message = "A product has at most {limit} variants."
    example = {"limit": 100}


class NoOptions(Conflict):
    """409. Facts: options, the names that the product's variants are chosen by."""

    code = "options_missing"
    message = "A variant has one value for each option of its product, which has {options}."
    example = {"options": ["Size", "Colour"]}


class OptionsInUse(Conflict):
    """409. Facts: variant_ids; none where the product has stock of its own."""

    code = "options_in_use"
    message = "Options change only while there is no variant, and no stock of the product's own."
    example = {"variant_ids": [8, 9]}


class SetOnVariants(Conflict):
    """409. Facts: fields."""

    code = "set_on_variants"
    message = "The product's variants have {fields}, each its own: change them there."
    example = {"fields": ["price"]}


class SetOnProduct(Conflict):
    """409. Facts: fields, product_id."""

    code = "set_on_product"
    message = "A variant follows product {product_id} in {fields}: change the product."
    example = {"fields": ["name"], "product_id": 7}


class PiecesOwed(Conflict):
    """409. Facts: owed, pieces sold beyond the stock."""

    code = "pieces_owed"
    message = "{owed} pieces are sold beyond the stock; backorders end once they are there."
    example = {"owed": 3}


class AttributeNotFound(NotFound):
    """404: no such attribute."""

    code = "attribute_not_found"
    message = "No such attribute; GET /api/attributes/ lists them."


class AttributeInUse(Conflict):
    """409. Facts: products that have it, or the choice that would go."""

    code = "attribute_in_use"
    message = "{products} products have it: take it from them first."
    example = {"products": 12}


class SaleNotFound(NotFound):
    """404: no such sale."""

    code = "sale_not_found"
    message = "No such sale; GET /api/sales/ lists them."


class SaleBegun(Conflict):
    """409: what a sale did to prices is history, which the lowest price of 30 days is read from."""

    code = "sale_begun"
    message = "The sale has begun: only its name and its end may change, the end to a time to come."


class CursorOutdated(Conflict):
    """409: the cursor is of a database that is no more."""

    code = "cursor_outdated"
    message = "This cursor no longer holds: ask without one, and load the catalogue anew."


class PictureNotFound(NotFound):
    """404: the product has no such picture."""

    code = "picture_not_found"
    message = "The product has no such picture; its `images` lists them."


class PictureLimit(Conflict):
    """409. Facts: limit, pictures that a product may have."""

    code = "picture_limit"
    message = "A product has at most {limit} pictures: delete one first."
    example = {"limit": 50}


class PictureInvalid(InvalidField):
    """400: what was sent cannot be read as a picture. Facts: field, reason."""

    code = "picture_invalid"
    message = "The picture cannot be read: {reason}"
    example = {
        "field": "image",
        "reason": "It is no JPEG, PNG, WebP or GIF, or it is damaged; export it anew.",
    }


class PictureTooLarge(ShopError):
    """413. Facts: max_bytes, max_pixels."""

    status = 413
    code = "picture_too_large"
    message = "A picture has at most {max_bytes} bytes and {max_pixels} pixels: make it smaller."
    example = {"max_bytes": 10_485_760, "max_pixels": 40_000_000}
