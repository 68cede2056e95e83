"""What a page about a product needs: breadcrumbs, canonical URL, and texts for search engines."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.categories.serializers import CategoryLinkSerializer, serialize_category_link
from catalog.products.reads import DetailedProduct
from shop.core.pages import page_url

PAGE_EXAMPLE: dict[str, Any] = {
    "seo_title": "",
    "seo_description": "",
    "canonical_url": "https://www.example.com/products/teapot",
    "breadcrumbs": [
        {"id": 3, "name": "Kitchen", "slug": "kitchen"},
        {"id": 4, "name": "Teapots", "slug": "teapots"},
    ],
    "updated_at": "2026-11-23T10:00:00Z",
}


@extend_schema_serializer(many=False)
class PageSerializer(serializers.Serializer[Any]):
    """What a page about a product needs."""

    seo_title = serializers.CharField(
        help_text="The title of its page for search engines; empty for the name."
    )
    seo_description = serializers.CharField(
        help_text="What search engines show of its page; empty for the description."
    )
    canonical_url = serializers.CharField(
        help_text="The URL of its page in the storefront; of a variant that of its product."
    )
    breadcrumbs = CategoryLinkSerializer(
        many=True, help_text="Its category after all categories above it, with the root first."
    )
    updated_at = serializers.DateTimeField(
        help_text="When it, its images or whether it is in stock changed last."
    )


def serialize_page(
    product: DetailedProduct, *, origin: str, for_staff: bool, language: str
) -> dict[str, Any]:
    """Return the members of ``PageSerializer``. ``origin`` is scheme and host of the request."""
    return {
        "seo_title": product.seo_title,
        "seo_description": product.seo_description,
        "canonical_url": canonical_url(product, origin, language),
        "breadcrumbs": _breadcrumbs(product, for_staff=for_staff),
        "updated_at": product.updated_at,
    }


def canonical_url(product: DetailedProduct, origin: str, language: str) -> str:
    """Return the URL of a product's page, from the settings or else below ``origin``."""
    pk = product.parent_id or product.pk
    page = settings.STOREFRONT_PAGES["product"]
    return page_url(page, origin=origin, slug=product.page_slug, pk=pk, language=language)


def _breadcrumbs(product: DetailedProduct, *, for_staff: bool) -> list[dict[str, Any]]:
    """Return the path to the category, or nothing if the reader does not see all of it."""
    rows = {row["id"]: row for row in product.category_rows}
    if not for_staff and not all(row["is_published"] for row in rows.values()):
        return []
    path, pk = [], product.category.id if product.category else None
    while pk in rows:
        row = rows.pop(pk)
        path.append(serialize_category_link(row["id"], row["name"], row["slug"]))
        pk = row["parent_id"]
    return path[::-1]
