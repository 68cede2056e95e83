"""The catalogue as plain values, some hundred products at a time: what every format writes.

Each chunk is read in the same six statements, so that memory and statements stay constant however
long the catalogue is. What was sold, archived or reduced by a sale is history, and stays here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog.attributes.models import Attribute, ProductAttribute, ProductTag
from catalog.categories.models import Category
from catalog.exchange.imports.rows import Kind
from catalog.exchange.imports.shop import COLUMNS
from catalog.images.models import ProductImage
from catalog.products.fields import Owner, names_of
from catalog.products.models import Product, ProductQuerySet

CHUNK = 500

Entry = dict[str, Any]


def read_entries(only: Collection[int] | None = None) -> Iterator[Entry]:
    """Yield categories, attributes and products, each before what needs it, in ascending id.

    ``only`` names products by their ids; then what they need alone is told beside.
    """
    products = Product.objects.not_archived().listed()
    if only is not None:
        products = products.filter(pk__in=only)
    yield from _categories(None if only is None else products)
    for attribute in Attribute.objects.order_by("slug"):
        yield _attribute(attribute)
    after = 0
    while chunk := list(
        products.filter(pk__gt=after).select_related("category").order_by("pk")[:CHUNK]
    ):
        yield from _Chunk(chunk).entries()
        after = chunk[-1].pk


def _categories(products: ProductQuerySet | None) -> Iterator[Entry]:
    """Yield categories, those above first; those of ``products`` alone, with all above them."""
    categories = Category.objects.in_order()
    if products is not None:
        categories = categories.filter(links_down__category__products__in=products).distinct()
    below = defaultdict(list)
    for category in categories:
        below[category.parent_id].append(category)
    waiting: list[tuple[Category, str]] = [(root, "") for root in below[None]]
    while waiting:
        category, parent = waiting.pop(0)
        yield {
            "row": Kind.CATEGORY.value,
            "slug": category.slug,
            "name": category.name,
            "category": parent,
            "position": category.position,
            "is_published": category.is_published,
        }
        waiting += [(child, category.slug) for child in below[category.pk]]


def _attribute(attribute: Attribute) -> Entry:
    return {
        "row": Kind.ATTRIBUTE.value,
        "slug": attribute.slug,
        "name": attribute.name,
        "kind": attribute.kind,
        "choices": attribute.choices,
    }


class _Chunk:
    """Some products with all that belongs to them."""

    def __init__(self, products: list[Product]) -> None:
        self._products = products
        self._variants: dict[int, list[Product]] = defaultdict(list)
        # In ascending id, not by position: they come back in the order that they were made in.
        found = Product.objects.not_archived().filter(parent__in=products).order_by("pk")
        for variant in found:
            self._variants[variant.parent_id or 0].append(variant)
        pks = [p.pk for p in products] + [v.pk for vs in self._variants.values() for v in vs]
        self._images: dict[int, list[Entry]] = defaultdict(list)
        for image in ProductImage.objects.filter(product__in=pks).order_by("position", "pk"):
            self._images[image.product_id].append(_image(image))
        self._tags: dict[int, list[str]] = defaultdict(list)
        for tag in ProductTag.objects.filter(product__in=products).order_by("pk"):
            self._tags[tag.product_id].append(tag.tag)
        self._values: dict[int, Entry] = defaultdict(dict)
        values = ProductAttribute.objects.filter(product__in=products).select_related("attribute")
        for value in values.order_by("attribute__slug"):
            self._values[value.product_id][value.attribute.slug] = _value(value)

    def entries(self) -> Iterator[Entry]:
        """Yield a product each, with its pictures and variants in it."""
        for product in self._products:
            variants = self._variants[product.pk]
            entry = {
                "row": Kind.PRODUCT.value,
                **_values(product, names_of(Owner.PRODUCT, Owner.EACH, without=["category_id"])),
                "category": product.category.slug if product.category else "",
                "tags": sorted(self._tags[product.pk]),
                "options": product.options,
                **_sold(product, priced=not variants),
                "attributes": self._values[product.pk],
                "pictures": self._images[product.pk],
                "variants": [self._variant(variant) for variant in variants],
            }
            yield dict(sorted(entry.items(), key=_place))

    def _variant(self, variant: Product) -> Entry:
        entry = {
            "choice": variant.options,
            **_sold(variant, priced=True),
            **_values(variant, names_of(Owner.VARIANT, Owner.EACH)),
            "pictures": self._images[variant.pk],
        }
        return dict(sorted(entry.items(), key=_place))


def _sold(row: Product, *, priced: bool) -> Entry:
    """Return what is sold by itself; the prices of a product with variants are theirs."""
    stock = None if row.has_variants else row.stock
    values = _values(row, names_of(Owner.SOLD)) | {"stock": stock}
    return values if priced else values | {"price": None, "compare_at_price": None}


def _values(row: Product, names: list[str]) -> Entry:
    values = {name: getattr(row, name) for name in names}
    return {n: _instant(v) if isinstance(v, datetime) else v for n, v in values.items()}


def _place(item: tuple[str, Any]) -> int:
    """Return the place of a member in its entry: that of its column, nested ones last."""
    name = "option1" if item[0] in {"options", "choice"} else item[0]
    return COLUMNS.index(name) if name in COLUMNS else len(COLUMNS)


def _image(image: ProductImage) -> Entry:
    return {
        "picture": image.source_url or image.large.name,
        "picture_small": image.small.name or "",
        "alt": image.alt,
        "position": image.position,
    }


def _value(value: ProductAttribute) -> Any:
    if value.number is not None:
        return format(value.number.normalize(), "f")
    return value.text if value.boolean is None else value.boolean


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def as_text(value: Any) -> str:
    """Write a value as a table and JSON do: money with two decimals, true, false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return "" if value is None else str(value)
