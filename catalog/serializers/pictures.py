"""Shapes of pictures."""

from typing import Any

from django.core.files.storage import default_storage
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from shop.core.openapi import example


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": 3,
                "large": "/media/products/3a.webp",
                "small": "/media/products/3b.webp",
                "alt": "A teapot, its lid beside it",
                "position": 0,
            }
        )
    ]
)
class PictureSerializer(serializers.Serializer[Any]):
    """A picture in two sizes."""

    id = serializers.IntegerField()
    large = serializers.CharField(help_text="URL of the picture.")
    small = serializers.CharField(help_text="URL of the same, small.")
    alt = serializers.CharField(help_text="What it shows, for who cannot see it.")
    position = serializers.IntegerField()


def show_picture(row: dict[str, Any]) -> dict[str, Any]:
    """Return a picture as its readers see it, from a row of ``catalog.reads``."""
    large, small = (
        default_storage.url(row[size]) if row[size] else row["source_url"]
        for size in ("large", "small")
    )
    return {
        "id": row["id"],
        "large": large,
        "small": small,
        "alt": row["alt"],
        "position": row["position"],
    }
