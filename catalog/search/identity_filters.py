"""Filters of the list of products by what identifies them: ids, slugs and SKUs."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from catalog.limits import PRODUCT_NAME_LENGTH, SKU_LENGTH
from catalog.products.models import Product, ProductQuerySet
from catalog.slugs.services import earlier_owners, owners_in_any_language
from shop.core.fields import MAX_ID
from shop.core.slugs import is_slug, normalize_slug

MAX_IDS = 100
"""Ids in one request, as many as products on a page."""


def _read_ids(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) > MAX_IDS or not all(_is_id(part) for part in parts):
        raise ValueError(
            _("The value must be ids with commas between them, at most {limit}.").format(
                limit=MAX_IDS
            )
        )
    return [int(part) for part in parts]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_ID


def _read_slug(text: str) -> str:
    slug = normalize_slug(text)
    if not is_slug(slug) or len(slug) > PRODUCT_NAME_LENGTH:
        raise ValueError(_("The value must be the slug of a product."))
    return slug


def _read_sku(text: str) -> str:
    if not text or len(text) > SKU_LENGTH:
        raise ValueError(_("The value must be an SKU."))
    return text


REPEATABLE: dict[str, Callable[[str], Any]] = {"sku": _read_sku, "slug": _read_slug}
SINGLE: dict[str, Callable[[str], Any]] = {"ids": _read_ids}
UNCACHED = frozenset({*REPEATABLE, *SINGLE})
"""Responses with these are not cached, because their many values would fill the cache."""


def apply_identity_filters(products: ProductQuerySet, values: Mapping[str, Any]) -> ProductQuerySet:
    """Return the products with any of the ids, with any of the slugs, with any of the SKUs.

    A product is also found by its earlier slugs, by those in further languages of the shop, and by
    the SKUs of its variants. Two statements read the ids of slugs, with further languages three.
    """
    if "ids" in values:
        products = products.filter(pk__in=values["ids"])
    if "slug" in values:
        present = Product.objects.not_archived().filter(slug__in=values["slug"]).exclude(slug="")
        earlier = earlier_owners("product", values["slug"])
        translated = owners_in_any_language("product", values["slug"])
        found = present.values_list("pk", flat=True)
        owners = {*found, *earlier.values(), *translated.values()}
        products = products.filter(pk__in=owners)
    if "sku" in values:
        sold = Product.objects.with_sku(values["sku"])
        products = products.filter(pk__in=sold.values(owner=Coalesce(F("parent_id"), F("pk"))))
    return products
