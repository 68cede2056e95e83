"""Request and response bodies of images."""

from collections.abc import Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.images.errors import image_too_large
from catalog.images.files import all_names
from catalog.images.models import IMAGE_MEMBERS, ProductImage
from catalog.images.sizes import SIZES
from catalog.limits import ALT_LENGTH, MAX_IMAGE_BYTES, MAX_POSITION
from shop.core.fields import StrictInt, StrictStr
from shop.core.language_codes import further_languages
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer
from shop.core.translation_fields import TranslationsField
from shop.core.translations import in_shop_languages


@extend_schema_serializer(
    component_name="Picture",
    examples=[
        example(
            {
                "id": 3,
                "large": "https://shop.example.com/media/products/3a/3a9c-large.webp",
                "small": "https://shop.example.com/media/products/3a/3a9c-small.webp",
                "srcset": "https://shop.example.com/media/products/3a/3a9c-large.webp 1600w",
                "width": 1600,
                "height": 1200,
                "placeholder": "data:image/webp;base64,UklGRh4AAABXRUJQ",
                "alt": "A teapot with its lid",
                "position": 0,
            }
        )
    ],
)
class ImageSerializer(serializers.Serializer[Any]):
    """An image in four sizes."""

    only_for_staff = ("translations",)

    id = serializers.IntegerField()
    large = serializers.CharField(help_text="The URL of the image in its large size.")
    small = serializers.CharField(help_text="The URL of the image in its small size.")
    srcset = serializers.CharField(
        help_text="The URLs of its sizes with their widths, as `srcset` of `<img>` takes them; "
        "empty for an image on another host."
    )
    width = serializers.IntegerField(
        allow_null=True, help_text="Pixels of `large`; null if they are not known."
    )
    height = serializers.IntegerField(allow_null=True)
    placeholder = serializers.CharField(
        help_text="A data URI of a few pixels to show until the image has loaded. It is empty in "
        "carts and orders, whose images are small, and for an image that has none."
    )
    alt = serializers.CharField(help_text="Alternative text for screen readers.")
    position = serializers.IntegerField()
    translations = TranslationsField(
        required=False,
        help_text="Only for staff, in one product and if the shop has further languages.",
    )


@extend_schema_field({"type": "string", "format": "binary"})
class UploadField(serializers.FileField):
    """An uploaded file. Its name is ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """Reject a file that is too large, and values that are not files."""
        if not isinstance(data, UploadedFile):
            self.fail("invalid")
        if (data.size or 0) > MAX_IMAGE_BYTES:
            raise image_too_large()
        return data


@extend_schema_serializer(
    component_name="NewPicture",
    examples=[
        example(
            {"image": "(the file)", "alt": "A teapot with its lid"},
            media_type="multipart/form-data",
        )
    ],
)
class NewImageSerializer(RequestSerializer):
    """A form with a JPEG, PNG, WebP, AVIF, HEIC or GIF of at most 10 MiB and 50 megapixels."""

    image = UploadField()
    alt = StrictStr(max_length=ALT_LENGTH, allow_blank=True, required=False)
    position = StrictInt(
        min_value=0,
        max_value=MAX_POSITION,
        required=False,
        help_text="Images are sorted by position. If omitted, the image is placed last.",
    )


@extend_schema_serializer(
    component_name="PictureChanges",
    examples=[
        example({"alt": "The same teapot", "position": 1}),
        example({"translations": {"de": {"alt": "Dieselbe Kanne"}}}),
    ],
)
class ImageChangesSerializer(RequestSerializer):
    """The changes of an image."""

    alt = StrictStr(max_length=ALT_LENGTH, allow_blank=True, required=False)
    position = StrictInt(min_value=0, max_value=MAX_POSITION, required=False)
    translations = TranslationsField(members=IMAGE_MEMBERS, required=False)


def serialize_image(row: dict[str, Any], *, origin: str) -> dict[str, Any]:
    """Return the response body of an image from a row of ``catalog.products.reads``.

    Carts and orders have no placeholder, and earlier orders no width and height. ``origin`` is
    scheme and host of the request, for the URLs of files.
    """
    return {
        "id": row["id"],
        "large": _url(row, "large", origin),
        "small": _url(row, "small", origin),
        "srcset": _srcset(row, origin),
        "width": row.get("width"),
        "height": row.get("height"),
        "placeholder": row.get("placeholder", ""),
        "alt": row["alt"],
        "position": row["position"],
    }


def serialize_image_instance(image: ProductImage, *, origin: str) -> dict[str, Any]:
    """Return the response body of an image from its model instance."""
    row = {name: getattr(image, name) for name in _COLUMNS}
    files = {"large": image.large.name, "small": image.small.name}
    body = serialize_image(row | files, origin=origin)
    if further_languages():
        body["translations"] = in_shop_languages(image.translations)
    return body


def add_translations(bodies: Sequence[dict[str, Any]]) -> None:
    """Add the translations of images to their response bodies, for staff.

    One statement; none without images.
    """
    ids = {body["id"] for body in bodies}
    rows = ProductImage.objects.filter(pk__in=ids).values_list("pk", "translations")
    found = dict(rows) if ids else {}
    for body in bodies:
        body["translations"] = in_shop_languages(found.get(body["id"], {}))


_COLUMNS = ("id", "source_url", "width", "height", "placeholder", "alt", "position")


def _srcset(row: dict[str, Any], origin: str) -> str:
    """Return the sizes of an image whose width is known, the largest first, each width once."""
    if not row["large"] or not row.get("width"):
        return ""
    longer = max(row["width"], row["height"])
    names = all_names(row["large"], row["small"])
    widths = [max(1, round(row["width"] * min(1, side / longer))) for side in SIZES.values()]
    by_width = dict(zip(reversed(widths), reversed(names), strict=False))
    found = sorted(by_width.items(), reverse=True)
    return ", ".join(f"{_file_url(name, origin)} {width}w" for width, name in found)


def _url(row: dict[str, Any], size: str, origin: str) -> str:
    return _file_url(row[size], origin) if row[size] else str(row["source_url"])


def _file_url(name: str, origin: str) -> str:
    url = default_storage.url(name)
    return f"{origin}{url}" if url.startswith("/") else url
