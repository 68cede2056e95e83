"""The product feed for Google Merchant Center: RSS 2.0 with what customers can buy.

Its rules are those of Google's product data specification. An item is a variant, or a product
without variants.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, OuterRef
from django.db.models.functions import Coalesce

from catalog.categories.models import Category
from catalog.collections.models import CollectionProduct
from catalog.feeds.xml import HEADER, elements, text
from catalog.images.models import ProductImage
from catalog.images.serializers import serialize_image
from catalog.options.meanings import meaning_of
from catalog.prices.reads import price_of_row, with_prices
from catalog.products.descriptions import text_of
from catalog.products.identifiers import valid_gtin
from catalog.products.models import Product, ProductQuerySet
from shop.core.json_rows import JSONRows
from shop.core.money import currency, show
from shop.core.pages import page_url

BATCH = 500
"""Items that one statement reads."""
MAX_IMAGES = 11
"""Images of an item: one, and ten additional ones."""
_TITLE_LENGTH, _DESCRIPTION_LENGTH = 150, 5000
_PRODUCT_TYPE_LENGTH = 750
_BRAND_LENGTH, _VALUE_LENGTH = 70, 100
_CONDITIONS = ("new", "refurbished", "used")


def parts(origin: str, collection_id: int | None = None) -> Iterator[str]:
    """Yield the feed in parts: of all products, or of those in a collection.

    A statement for each batch of items, and one for the categories. ``origin`` begins the URLs of
    pages and files that have no host.
    """
    shop = elements([("title", settings.SHOP_NAME), ("link", origin)])
    yield (
        f'{HEADER}<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>{shop}'
        f"<description>{text(settings.SHOP_NAME)}</description>"
    )
    paths = _category_paths()
    after = 0
    while rows := list(_items(collection_id).filter(pk__gt=after)[:BATCH]):
        yield "".join(_item(row, paths, origin) for row in rows)
        after = rows[-1].pk
    yield "</channel></rss>"


def _items(collection_id: int | None) -> ProductQuerySet:
    """Return what can be bought, in ascending id, with everything that an item needs."""
    items = Product.objects.sellable().filter(price__gt=0)
    if collection_id is not None:
        items = _in_collection(items, collection_id)
    own, shared = (
        ProductImage.objects.filter(product_id=OuterRef(name)).order_by("position", "pk")
        for name in ("pk", "parent_id")
    )
    return (
        with_prices(items)
        .annotate(
            page_slug=Coalesce(F("parent__slug"), F("slug")),
            title=Coalesce(F("parent__name"), F("name")),
            about=Coalesce(F("parent__description"), F("description")),
            about_text=Coalesce(F("parent__description_text"), F("description_text")),
            maker=Coalesce(F("parent__brand"), F("brand")),
            option_names=F("parent__options"),
            own_images=_images(own),
            shared_images=_images(shared),
        )
        .defer("description", "keywords", "private_metadata", "name_key")
        .order_by("pk")
    )


def _in_collection(items: ProductQuerySet, collection_id: int) -> ProductQuerySet:
    members = CollectionProduct.objects.filter(collection_id=collection_id).values("product_id")
    return items.alias(listed_id=Coalesce(F("parent_id"), F("pk"))).filter(listed_id__in=members)


def _images(images: Any) -> JSONRows:
    return JSONRows(
        images,
        limit=MAX_IMAGES,
        id=F("pk"),
        large=F("large"),
        small=F("small"),
        source_url=F("source_url"),
        alt=F("alt"),
        position=F("position"),
    )


def _item(row: Any, paths: dict[int, str], origin: str) -> str:
    """Return one item. Values that Google does not know are left out."""
    template = settings.STOREFRONT_PAGES["product"]
    url = page_url(template, origin=origin, slug=row.page_slug, pk=row.parent_id or row.pk)
    images = [serialize_image(image, origin=origin)["large"] for image in _images_of(row)]
    description = text_of(row.about) if row.about_text is None else row.about_text
    values: list[tuple[str, object]] = [
        ("g:id", row.pk),
        ("g:title", row.name[:_TITLE_LENGTH]),
        ("g:description", (description or row.title)[:_DESCRIPTION_LENGTH]),
        ("g:link", url),
        ("g:image_link", images[0] if images else ""),
        *(("g:additional_image_link", image) for image in images[1:]),
        ("g:availability", _availability(row)),
        *_prices(row),
        *_identifiers(row),
        ("g:condition", _condition(row)),
        ("g:item_group_id", row.parent_id),
        *_option_values(row),
        ("g:product_type", paths.get(row.category_id, "")[:_PRODUCT_TYPE_LENGTH]),
        ("g:google_product_category", row.metadata.get("google_product_category", "")),
        ("g:shipping_weight", f"{row.weight} g" if row.weight else ""),
    ]
    return f"<item>{elements(values)}</item>"


def _images_of(row: Any) -> list[dict[str, Any]]:
    """Return the images of a variant before those of its product, as many as an item may have."""
    return [*row.own_images, *row.shared_images][:MAX_IMAGES]


def _availability(row: Any) -> str:
    if row.stock > 0 or not row.track_stock:
        return "in_stock"
    return "backorder" if row.backorder else "out_of_stock"


def _prices(row: Any) -> Iterable[tuple[str, object]]:
    """Return the price before a reduction as the price, and the current one as that of the sale."""
    price = price_of_row(row)
    current = f"{show(price.current)} {currency()}"
    if price.compare_at is None or price.compare_at <= price.current:
        return [("g:price", current)]
    return [("g:price", f"{show(price.compare_at)} {currency()}"), ("g:sale_price", current)]


def _identifiers(row: Any) -> Iterable[tuple[str, object]]:
    """Return GTIN, brand and the manufacturer's number, or that the product has none of these."""
    gtin, number = valid_gtin(row.barcode), row.metadata.get("mpn", "")[:_BRAND_LENGTH]
    yield "g:gtin", gtin
    yield "g:brand", row.maker[:_BRAND_LENGTH]
    yield "g:mpn", number
    if not gtin and not (number and row.maker):
        yield "g:identifier_exists", "no"


def _condition(row: Any) -> str:
    condition = row.metadata.get("condition", "")
    return condition if condition in _CONDITIONS else "new"


def _option_values(row: Any) -> Iterable[tuple[str, object]]:
    for name, value in zip(row.option_names or (), row.options, strict=False):
        attribute = meaning_of(name)
        if attribute:
            yield f"g:{attribute}", str(value)[:_VALUE_LENGTH]


def _category_paths() -> dict[int, str]:
    """Return the names of the categories that everyone sees, with those above, by their ids."""
    rows = Category.objects.visible_to(AnonymousUser()).values_list("pk", "parent_id", "name")
    found = {pk: (parent_id, name) for pk, parent_id, name in rows}
    return {pk: " > ".join(_path(pk, found)) for pk in found}


def _path(pk: int | None, categories: Mapping[int, tuple[int | None, str]]) -> list[str]:
    path: list[str] = []
    while pk is not None and pk in categories:
        pk, name = categories[pk]
        path.insert(0, name)
    return path
