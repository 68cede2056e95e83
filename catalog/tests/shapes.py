"""The expected response bodies of products."""

from catalog.models import Product


def listed(product, **changes):
    """Return the entry of a product in a list."""
    return {
        "id": product.pk,
        "name": product.name,
        "slug": product.slug,
        "price": f"{product.price:.2f}",
        "highest_price": f"{product.highest_price or product.price:.2f}",
        "compare_at_price": None,
        "lowest_price_30_days": None,
        "reduction_percent": None,
        "currency": "USD",
        "description": product.description,
        "in_stock": product.stock > 0,
        "has_variants": False,
        "category": None,
        "brand": "",
        "image": None,
        "metadata": {},
    } | changes


def detailed(product, **changes):
    """Return the response body of a product. One statement reads when it was updated."""
    updated_at = Product.objects.values_list("updated_at", flat=True).get(pk=product.pk)
    return (
        listed(product)
        | {
            "description_text": product.description,
            "sku": product.sku,
            "barcode": product.barcode,
            "seo_title": "",
            "seo_description": "",
            "canonical_url": f"http://testserver/products/{product.slug}",
            "breadcrumbs": [],
            "updated_at": updated_at.isoformat().replace("+00:00", "Z"),
            "weight": 0,
            "requires_shipping": True,
            "tax_class": None,
            "parent_id": None,
            "choice": {},
            "options": [],
            "variants": [],
            "images": [],
            "tags": [],
            "attributes": [],
        }
        | changes
    )


def to_staff(product, **changes):
    """Return the additional fields for staff."""
    return {
        "stock": product.stock,
        "backorder": False,
        "track_stock": True,
        "low_stock_threshold": None,
        "private_metadata": {},
        "is_published": product.is_published,
        "publish_at": None,
    } | changes
