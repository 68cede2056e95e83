"""Errors about images."""

from django.utils.translation import gettext_lazy as _

from catalog.limits import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_IMAGE_SIDE
from shop.core.errors import Conflict, InvalidField, NotFound, ShopError


class ImageNotFound(NotFound):
    """404: the product does not have this image."""

    code = "picture_not_found"
    message = _("The product does not have this image.")


class ImageLimit(Conflict):
    """409. Facts: limit, the number of images that a product may have."""

    code = "picture_limit"
    field = "image"
    message = _("A product may have at most {limit} images. Please delete one first.")
    example = {"limit": 50}


class ImageInvalid(InvalidField):
    """400: the file cannot be read as an image. Facts: field, reason."""

    code = "picture_invalid"
    message = _("The image cannot be read. {reason}")
    example = {
        "field": "image",
        "reason": "The file is not a JPEG, PNG, WebP, AVIF, HEIC or GIF, or it is damaged.",
    }


class ImageTooLarge(ShopError):
    """413. Facts: max_bytes, max_pixels, max_side, the pixels of each side."""

    status = 413
    code = "picture_too_large"
    field = "image"
    message = _(
        "An image may have at most {max_bytes} bytes and {max_pixels} pixels, "
        "and {max_side} pixels on each side."
    )
    example = {"max_bytes": 10_485_760, "max_pixels": 50_000_000, "max_side": 20_000}


def image_too_large() -> ImageTooLarge:
    """Return the error with the limits."""
    return ImageTooLarge(
        max_bytes=MAX_IMAGE_BYTES, max_pixels=MAX_IMAGE_PIXELS, max_side=MAX_IMAGE_SIDE
    )
