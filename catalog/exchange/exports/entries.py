"""Reads the catalog as plain values, for all export formats.

Seven statements read a chunk of some hundred products, and one more reads its translations if the
shop has several languages, so the memory that is needed does not depend on the size of the catalog.
Archived products, orders and sales are not exported.
"""

from collections import defaultdict
from collections.abc import Collection as Ids
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog.attributes.models import Attribute, ProductAttribute, ProductTag
from catalog.categories.models import Category
from catalog.collections.models import Collection, CollectionProduct
from catalog.exchange.imports.rows import Kind
from catalog.exchange.imports.shop import COLUMNS
from catalog.images.models import ProductImage
from catalog.options.models import OptionTranslation
from catalog.products.fields import FIELDS, Owner, names_of
from catalog.products.models import Product, ProductQuerySet
from catalog.tax_classes.models import TaxClass
from catalog.translations.reads import AllTexts, all_translations
from shop.core.language_codes import further_languages
from shop.core.money import show
from shop.core.translations import in_shop_languages

CHUNK = 500

Entry = dict[str, Any]


def read_entries(only: Ids[int] | None = None) -> Iterator[Entry]:
    """Yield categories, attributes and what else is defined, then products in ascending id.

    ``only`` are the ids of the products to export, with their categories and collections.
    """
    products = Product.objects.not_archived().listed()
    if only is not None:
        products = products.filter(pk__in=only)
    yield from _categories(None if only is None else products)
    for attribute in Attribute.objects.order_by("slug"):
        yield _attribute(attribute)
    for tax_class in TaxClass.objects.order_by("code"):
        yield {"row": Kind.TAX_CLASS.value, "slug": tax_class.code, "name": tax_class.name}
    collections = Collection.objects.order_by("slug")
    if only is not None:
        collections = collections.filter(memberships__product__in=products).distinct()
    yield from map(_collection, collections)
    if further_languages():
        for option in OptionTranslation.objects.order_by("key"):
            texts = _translations(in_shop_languages(option.translations))
            yield {"row": Kind.OPTION.value, "name": option.name, **texts}
    after = 0
    while chunk := list(
        products.filter(pk__gt=after).select_related("category").order_by("pk")[:CHUNK]
    ):
        yield from _Chunk(chunk).entries()
        after = chunk[-1].pk


def _categories(products: ProductQuerySet | None) -> Iterator[Entry]:
    """Yield parents before their children: all categories, or those of ``products``."""
    categories = Category.objects.in_sort_order()
    if products is not None:
        categories = categories.filter(links_down__category__products__in=products).distinct()
    children = defaultdict(list)
    for category in categories:
        children[category.parent_id].append(category)
    translations = all_translations("category", [category.pk for category in categories])
    queue: list[tuple[Category, str]] = [(root, "") for root in children[None]]
    while queue:
        category, parent = queue.pop(0)
        yield {
            "row": Kind.CATEGORY.value,
            "slug": category.slug,
            "name": category.name,
            "category": parent,
            "position": category.position,
            "is_published": category.is_published,
            "seo_title": category.seo_title,
            "seo_description": category.seo_description,
            **_translations(translations.get(category.pk, {})),
        }
        queue += [(child, category.slug) for child in children[category.pk]]


def _attribute(attribute: Attribute) -> Entry:
    return {
        "row": Kind.ATTRIBUTE.value,
        "slug": attribute.slug,
        "name": attribute.name,
        "kind": attribute.kind,
        "choices": attribute.choices,
        **_translations(in_shop_languages(attribute.translations)),
    }


def _collection(collection: Collection) -> Entry:
    return {
        "row": Kind.COLLECTION.value,
        "slug": collection.slug,
        "name": collection.name,
        "description": collection.description,
        "position": collection.position,
        "is_published": collection.is_published,
        "rule": collection.rule,
        **_translations(in_shop_languages(collection.translations)),
    }


class _Chunk:
    """Some products, with their variants, images, tags and attributes."""

    def __init__(self, products: list[Product]) -> None:
        self._products = products
        self._variants: dict[int, list[Product]] = defaultdict(list)
        # In ascending id instead of by position, so that an import creates them in the same order.
        variants = Product.objects.not_archived().filter(parent__in=products).order_by("pk")
        for variant in variants:
            self._variants[variant.parent_id or 0].append(variant)
        pks = [p.pk for p in products] + [v.pk for vs in self._variants.values() for v in vs]
        self._images: dict[int, list[Entry]] = defaultdict(list)
        for image in ProductImage.objects.filter(product__in=pks).order_by("position", "pk"):
            self._images[image.product_id].append(_image(image))
        self._tags: dict[int, list[str]] = defaultdict(list)
        for tag in ProductTag.objects.filter(product__in=products).order_by("pk"):
            self._tags[tag.product_id].append(tag.tag)
        self._collections: dict[int, list[str]] = defaultdict(list)
        members = CollectionProduct.objects.filter(product__in=products)
        chosen = members.filter(collection__rule__isnull=True)
        for pk, slug in chosen.values_list("product_id", "collection__slug").order_by("pk"):
            self._collections[pk].append(slug)
        self._translations = all_translations("product", [product.pk for product in products])
        self._values: dict[int, Entry] = defaultdict(dict)
        values = ProductAttribute.objects.filter(product__in=products).select_related("attribute")
        for value in values.order_by("attribute__slug"):
            self._values[value.product_id][value.attribute.slug] = _value(value)

    def entries(self) -> Iterator[Entry]:
        """Yield an entry for each product, with nested images and variants."""
        for product in self._products:
            variants = self._variants[product.pk]
            entry = {
                "row": Kind.PRODUCT.value,
                **_values(product, names_of(Owner.PRODUCT, Owner.EACH, without=["category_id"])),
                "category": product.category.slug if product.category else "",
                "tags": sorted(self._tags[product.pk]),
                "collections": sorted(self._collections[product.pk]),
                "options": product.options,
                **_sold(product, priced=not variants),
                "attributes": self._values[product.pk],
                **_translations(self._translations.get(product.pk, {})),
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


def _translations(texts: AllTexts) -> Entry:
    """Return the member with the texts in further languages, if the shop has any."""
    return {"translations": texts} if further_languages() else {}


def _sold(row: Product, *, priced: bool) -> Entry:
    """Return price, stock and so on. Products with variants have neither price nor stock."""
    stock = None if row.has_variants else row.stock
    values = _values(row, names_of(Owner.SOLD)) | {"stock": stock}
    return values if priced else values | {"price": None, "compare_at_price": None}


def _values(row: Product, names: list[str]) -> Entry:
    values = {FIELDS[name].member: getattr(row, name) for name in names}
    return {n: _instant(v) if isinstance(v, datetime) else v for n, v in values.items()}


def _place(item: tuple[str, Any]) -> int:
    """Return the sort key of a value: the position of its column, with nested values last."""
    name = "option1" if item[0] in {"options", "choice"} else item[0]
    return COLUMNS.index(name) if name in COLUMNS else len(COLUMNS)


def _image(image: ProductImage) -> Entry:
    return {
        "picture": image.source_url or image.large.name,
        "picture_small": image.small.name or "",
        "alt": image.alt,
        "position": image.position,
        **_translations(in_shop_languages(image.translations)),
    }


def _value(value: ProductAttribute) -> Any:
    if value.number is not None:
        return format(value.number.normalize(), "f")
    return value.text if value.boolean is None else value.boolean


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def as_text(value: Any) -> str:
    """Return a value as text: amounts as in responses, booleans as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return show(value)
    return "" if value is None else str(value)
