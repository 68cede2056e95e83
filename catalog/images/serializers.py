"""Shapes of pictures."""

from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.images.errors import ImageTooLarge
from catalog.images.models import ProductImage
from catalog.limits import ALT_LENGTH, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_POSITION
from shop.core.fields import StrictInt, StrictStr
from shop.core.openapi import example


@extend_schema_serializer(
    component_name="Picture",
    examples=[
        example(
            {
                "id": 3,
                "large": "https://shop.example.com/media/products/3a/3a9c-large.webp",
                "small": "https://shop.example.com/media/products/3a/3a9c-small.webp",
                "alt": "A teapot, its lid beside it",
                "position": 0,
            }
        )
    ],
)
class ImageSerializer(serializers.Serializer[Any]):
    """A picture in two sizes."""

    id = serializers.IntegerField()
    large = serializers.CharField(help_text="URL of the picture.")
    small = serializers.CharField(help_text="URL of the same, small.")
    alt = serializers.CharField(help_text="What it shows, for who cannot see it.")
    position = serializers.IntegerField()


@extend_schema_field({"type": "string", "format": "binary"})
class UploadField(serializers.FileField):
    """A file of a form, of the size that a picture may have; its name is ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what is too large or no file."""
        if not isinstance(data, UploadedFile):
            self.fail("invalid")
        if (data.size or 0) > MAX_IMAGE_BYTES:
            raise ImageTooLarge(max_bytes=MAX_IMAGE_BYTES, max_pixels=MAX_IMAGE_PIXELS)
        return data


@extend_schema_serializer(
    component_name="NewPicture",
    examples=[
        example(
            {"image": "(the file)", "alt": "A teapot, its lid beside it"},
            media_type="multipart/form-data",
        )
    ],
)
class NewImageSerializer(serializers.Serializer[Any]):
    """A form with a JPEG, PNG, WebP or GIF of at most 10 MiB and 40 megapixels."""

    image = UploadField()
    alt = serializers.CharField(max_length=ALT_LENGTH, allow_blank=True, required=False)
    position = serializers.IntegerField(
        min_value=0,
        max_value=MAX_POSITION,
        required=False,
        help_text="Low comes first; behind the others unless given.",
    )


@extend_schema_serializer(
    component_name="PictureChanges", examples=[example({"alt": "The same teapot", "position": 1})]
)
class ImageChangesSerializer(serializers.Serializer[Any]):
    """What may change of a picture."""

    alt = StrictStr(max_length=ALT_LENGTH, allow_blank=True, required=False)
    position = StrictInt(min_value=0, max_value=MAX_POSITION, required=False)


def serialize_image(row: dict[str, Any], *, origin: str) -> dict[str, Any]:
    """Return an image from a row of ``catalog.products.reads``.

    ``origin`` is scheme and host of the request, as links to pages have them.
    """
    return {
        "id": row["id"],
        "large": _url(row, "large", origin),
        "small": _url(row, "small", origin),
        "alt": row["alt"],
        "position": row["position"],
    }


def serialize_image_instance(picture: ProductImage, *, origin: str) -> dict[str, Any]:
    """Return an image from its model."""
    row = {name: getattr(picture, name) for name in ("id", "source_url", "alt", "position")}
    files = {"large": picture.large.name, "small": picture.small.name}
    return serialize_image(row | files, origin=origin)


def _url(row: dict[str, Any], size: str, origin: str) -> str:
    if not row[size]:
        return str(row["source_url"])
    url = default_storage.url(row[size])
    return f"{origin}{url}" if url.startswith("/") else url
