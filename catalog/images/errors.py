"""Errors about images."""

from shop.core.errors import Conflict, InvalidField, NotFound, ShopError


class ImageNotFound(NotFound):
    """404: the product has no such picture."""

    code = "picture_not_found"
    message = "The product has no such picture; its `images` lists them."


class ImageLimit(Conflict):
    """409. Facts: limit, pictures that a product may have."""

    code = "picture_limit"
    message = "A product has at most {limit} pictures: delete one first."
    example = {"limit": 50}


class ImageInvalid(InvalidField):
    """400: what was sent cannot be read as a picture. Facts: field, reason."""

    code = "picture_invalid"
    message = "The picture cannot be read: {reason}"
    example = {
        "field": "image",
        "reason": "It is no JPEG, PNG, WebP or GIF, or it is damaged; export it anew.",
    }


class ImageTooLarge(ShopError):
    """413. Facts: max_bytes, max_pixels."""

    status = 413
    code = "picture_too_large"
    message = "A picture has at most {max_bytes} bytes and {max_pixels} pixels: make it smaller."
    example = {"max_bytes": 10_485_760, "max_pixels": 40_000_000}
