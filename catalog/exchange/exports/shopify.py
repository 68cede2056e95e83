"""Writes products as Shopify's product CSV, which Shopify and our import read."""

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from operator import itemgetter
from typing import Any, BinaryIO
from urllib.parse import urljoin

from django.conf import settings
from django.core.files.storage import default_storage

from catalog.exchange.exports.entries import Entry, as_text
from catalog.exchange.imports.rows import Kind
from catalog.exchange.imports.shopify_columns import attribute_title, metafield_title
from catalog.limits import MAX_OPTIONS

_NO_OPTION = ("Title", "Default Title")
_EXEMPT = "exempt"
_OF_PRODUCT = (
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
)
_OPTIONS = tuple(
    f"Option{n} {part}" for n in range(1, MAX_OPTIONS + 1) for part in ("Name", "Value")
)
_COLUMNS = (
    "Handle",
    *_OF_PRODUCT,
    *_OPTIONS,
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "SEO Title",
    "SEO Description",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Cost per item",
    "Status",
    "Collection",
)

Line = dict[str, Any]


def write_shopify(
    file: BinaryIO, entries: Iterator[Entry], keys: list[str], attributes: Mapping[str, str]
) -> None:
    """Write a row for each variant and each further image of the products.

    ``keys`` are those of the products' metadata, and ``attributes`` the names of attributes by
    their slugs. Both become metafields.
    """
    names: dict[str, str] = {}
    collections: dict[str, str] = {}
    titles = {slug: attribute_title(slug, name) for slug, name in attributes.items()}
    columns = [*_COLUMNS, *(metafield_title(key) for key in keys), *titles.values()]
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    lines = csv.DictWriter(text, columns, restval="")
    lines.writeheader()
    for entry in entries:
        if entry["row"] == Kind.CATEGORY:
            names[entry["slug"]] = entry["name"]
        elif entry["row"] == Kind.COLLECTION:
            collections[entry["slug"]] = entry["name"]
        elif entry["row"] == Kind.PRODUCT:
            entry["collections"] = [collections[slug] for slug in entry["collections"]]
            values = {titles[slug]: value for slug, value in entry["attributes"].items()}
            lines.writerows(_rows(entry, names, values))
    text.flush()
    text.detach()


def _rows(entry: Entry, names: dict[str, str], values: Line) -> Iterator[Line]:
    """Yield the rows of a product. Their order is that of its variants and its images."""
    nothing: Line = {}
    variants = sorted(entry["variants"], key=itemgetter("position"))
    sold = [_sold(entry, variant) for variant in variants] or [_sold(entry, None)]
    images = [_image(image, place) for place, image in enumerate(entry["pictures"], start=1)]
    for number, (variant, image) in enumerate(zip_longest(sold, images, fillvalue=nothing)):
        product = {**_product(entry, names), **values} if number == 0 else {}
        options = {} if number or not variant else _option_names(entry)
        line = {"Handle": entry["slug"], **product, **options, **variant, **image}
        yield {name: as_text(value) for name, value in line.items()}


def _product(entry: Entry, names: dict[str, str]) -> Line:
    metadata = {metafield_title(key): text for key, text in entry["metadata"].items()}
    return {
        "Title": entry["name"],
        "Body (HTML)": entry["description"],
        "Vendor": entry["brand"],
        "Type": names.get(entry["category"], entry["category"]),
        "Tags": ", ".join(tag.replace(",", " ") for tag in entry["tags"]),
        "Published": entry["is_published"],
        "Gift Card": False,
        "SEO Title": entry["seo_title"],
        "SEO Description": entry["seo_description"],
        "Collection": ", ".join(name.replace(",", "\\,") for name in entry["collections"]),
        "Status": "active" if entry["is_published"] else "draft",
        **metadata,
    }


def _option_names(entry: Entry) -> Line:
    names = entry["options"] or _NO_OPTION[:1]
    return {f"Option{n} Name": name for n, name in enumerate(names, start=1)}


def _sold(entry: Entry, variant: Entry | None) -> Line:
    row = entry if variant is None else variant
    values = _NO_OPTION[1:] if variant is None else variant["choice"]
    pictures = [] if variant is None else variant["pictures"]
    tracked = row["track_stock"]
    return {
        **{f"Option{n} Value": value for n, value in enumerate(values, start=1)},
        "Variant SKU": row["sku"],
        "Variant Grams": row["weight"],
        "Variant Inventory Tracker": "shopify" if tracked else "",
        "Variant Inventory Qty": row["stock"] or 0,
        "Variant Inventory Policy": "continue" if row["backorder"] and tracked else "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": row["price"],
        "Variant Compare At Price": row["compare_at_price"],
        "Variant Requires Shipping": row["requires_shipping"],
        "Variant Taxable": row["tax_class"] != _EXEMPT,
        "Variant Tax Code": "" if row["tax_class"] == _EXEMPT else row["tax_class"],
        "Variant Barcode": row["barcode"],
        "Variant Image": _url(pictures[0]) if pictures else "",
        "Variant Weight Unit": "g",
        "Cost per item": row["private_metadata"].get("cost", ""),
    }


def _image(image: Entry, place: int) -> Line:
    return {
        "Image Src": _url(image),
        "Image Position": place,
        "Image Alt Text": image["alt"],
    }


def _url(image: Entry) -> str:
    """Return the URL of an image, of one in the media storage with the shop's address."""
    name = str(image["picture"])
    if "://" in name:
        return name
    return urljoin(settings.PUBLIC_URL, default_storage.url(name))
