"""Reads the existing rows of the products in a batch, with a constant number of statements."""

from collections import Counter, defaultdict
from collections.abc import Collection as Collected
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from secrets import token_hex
from typing import Any

from django.db.models import Q

from catalog.attributes.models import Attribute, ProductAttribute, ProductTag
from catalog.collections.models import Collection, CollectionProduct
from catalog.exchange.imports.categories import Categories
from catalog.exchange.imports.names import ProductNames
from catalog.exchange.imports.records import ProductRecord
from catalog.images.models import ProductImage
from catalog.products.families import slug_candidates
from catalog.products.models import Product
from catalog.slugs.services import owners_of_slugs, reserved_slugs
from catalog.tax_classes.models import TaxClass
from catalog.translations.reads import AllTexts, all_translations
from shop.core.slugs import fold_name


@dataclass(slots=True)
class ExistingRows:
    """The existing rows, by the names that the file uses."""

    families: dict[int, list[Product]] = field(default_factory=dict)
    by_slug: dict[str, Product] = field(default_factory=dict)
    by_sku: dict[str, Product] = field(default_factory=dict)
    by_name: dict[str, list[Product]] = field(default_factory=lambda: defaultdict(list))
    categories: Categories = field(default_factory=lambda: Categories([]))
    attributes: dict[str, Attribute] = field(default_factory=dict)
    tax_classes: set[str] = field(default_factory=set)
    tags: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    values: dict[tuple[int, int], Any] = field(default_factory=dict)
    images: dict[int, list[ProductImage]] = field(default_factory=lambda: defaultdict(list))
    slugs: set[str] = field(default_factory=set)
    collections: Categories = field(default_factory=lambda: Categories([]))
    rules: set[int] = field(default_factory=set)
    """The ids of collections whose products a rule selects."""
    memberships: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The ids of collections by product."""
    translations: dict[int, AllTexts] = field(default_factory=dict)
    """The texts in further languages, by product."""
    owners: list[tuple[str, str, int]] = field(default_factory=list)
    """Slugs that translations are to have, with the language and the id of who has them."""

    def find(self, record: ProductRecord) -> list[Product]:
        """Return the products that a record may be: by its slug, or else its SKU, or else its name.

        Names are equal apart from case and spaces. Several products may have one name.
        """
        if record.is_found_by_name():
            return self.by_name.get(record.folded_name(), [])
        by_key = (self.by_slug, record.slug) if record.slug else (self.by_sku, record.sold["sku"])
        found = by_key[0].get(by_key[1])
        return [found] if found else []

    def has_another(self, slug: str, language: str, pk: int | None) -> bool:
        """Return whether another product than ``pk`` has a slug that a translation is to have."""
        return any(
            (found, owner != pk) == (slug, True) and owned in {"", language}
            for found, owned, owner in self.owners
        )

    def free_slug(self, record: ProductRecord) -> str:
        """Return the slug of a new product, or reserve one if the file has none."""
        free = (slug for slug in slug_candidates(record.base_slug()) if slug not in self.slugs)
        slug = record.slug or next(free, f"{record.base_slug()}-{token_hex(4)}")
        self.slugs.add(slug)
        return slug


def read_existing(
    records: Sequence[ProductRecord], names: ProductNames, *, lock: bool
) -> ExistingRows:
    """Read the existing rows of these products, with at most sixteen statements.

    ``lock`` locks products and variants in ascending id, and needs a transaction.
    """
    existing = ExistingRows()
    _read_families(existing, records, names, lock=lock)
    if any(record.category for record in records):
        existing.categories = Categories.read()
    if any(record.collections for record in records):
        _read_collections(existing)
    if any(record.has_tax_class() for record in records):
        existing.tax_classes = set(TaxClass.objects.values_list("code", flat=True))
    pks = [row.pk for rows in existing.families.values() for row in rows]
    if any(record.attributes for record in records):
        _read_attributes(existing, pks)
    tags = ProductTag.objects.filter(product_id__in=existing.families).order_by("pk")
    for pk, tag in tags.values_list("product_id", "tag"):
        existing.tags[pk].append(tag)
    if any(record.translations for record in records):
        _read_translations(existing, records)
    if any(record.images or any(v.images for v in record.variants) for record in records):
        images = ProductImage.objects.filter(product_id__in=pks).select_related("download")
        for image in images.order_by("position", "pk"):
            existing.images[image.product_id].append(image)
    return existing


def _read_families(
    existing: ExistingRows, records: Sequence[ProductRecord], names: ProductNames, *, lock: bool
) -> None:
    products = Product.objects.not_archived()
    given = {record.slug for record in records if record.slug}
    by_name = [record for record in records if record.is_found_by_name()]
    wanted = {record.folded_name() for record in by_name}
    # Names and taken slugs come from the same rows. If names were read first, a concurrent import
    # could commit in between: its product would not be found, but its slug would be avoided.
    bases = [record.base_slug() for record in by_name]
    owners, existing.slugs = _owners_of_slugs(bases, given)
    ids = {pk for pk, _, _ in _with_slugs(given)} | names.ids_of(wanted)
    ids |= {pk for pk, _, name in owners if fold_name(name) in wanted}
    skus = {sku for record in records for _, sku in record.skus()}
    by_sku = products.filter(sku__in=skus).exclude(sku="").values_list("pk", "parent_id")
    ids |= {parent or pk for pk, parent in by_sku}
    rows = products.filter(Q(pk__in=ids) | Q(parent_id__in=ids)).order_by("pk")
    for row in (rows.select_for_update(no_key=True) if lock else rows) if ids else ():
        existing.families.setdefault(row.parent_id or row.pk, []).append(row)
        if row.sku:
            existing.by_sku[row.sku] = row
        if row.slug:
            existing.by_slug[row.slug] = row
        if row.parent_id is None:
            existing.by_name[fold_name(row.name)].append(row)
    found_by_sku = (r for r in records if not r.slug and not r.is_found_by_name())
    new = [record.base_slug() for record in found_by_sku if not existing.find(record)]
    existing.slugs |= given | _owners_of_slugs(new, given.union(bases))[1]


def _with_slugs(slugs: Collected[str]) -> list[tuple[int, str, str]]:
    """Return the ids, slugs and names of products with these slugs. One statement, or none."""
    # With a long list PostgreSQL uses the partial index only if its condition is repeated.
    products = Product.objects.not_archived().filter(slug__in=slugs).exclude(slug="")
    return list(products.values_list("pk", "slug", "name")) if slugs else []


def _owners_of_slugs(
    bases: Sequence[str], given: Collected[str]
) -> tuple[list[tuple[int, str, str]], set[str]]:
    """Return the products whose slugs are made from these names, and all such slugs in use.

    Slugs are in use if a product has them, in any language, or if they are redirected. Numbers are
    added only to the slugs of names that are in use, ``given`` or occur twice, so that the others
    need no further statement.
    """
    if not bases:
        return [], set()
    owners = _with_slugs(set(bases))
    used = {slug for _, slug, _ in owners} | reserved_slugs("product", set(bases))
    often = [b for b, number in Counter(bases).items() if number > 1 or b in used or b in given]
    if numbered := {slug for base in often for slug in islice(slug_candidates(base), 1, None)}:
        owners += _with_slugs(numbered)
        used |= reserved_slugs("product", numbered)
    return owners, used.union(slug for _, slug, _ in owners)


def _read_translations(existing: ExistingRows, records: Sequence[ProductRecord]) -> None:
    existing.translations = all_translations("product", existing.families)
    texts = (texts for record in records for texts in record.translations.values())
    slugs = {given["slug"] for given in texts if given.get("slug")}
    existing.owners = owners_of_slugs("product", slugs)


def _read_collections(existing: ExistingRows) -> None:
    rows = list(read_collections())
    existing.collections = Categories.of_collections(row[:3] for row in rows)
    existing.rules = {pk for pk, _, _, has_rule in rows if has_rule}
    memberships = CollectionProduct.objects.filter(product_id__in=existing.families)
    for product_id, pk in memberships.values_list("product_id", "collection_id"):
        existing.memberships[product_id].add(pk)


def read_collections() -> Iterator[tuple[int, str, str, bool]]:
    """Yield the ids, slugs and names of collections, and whether they have a rule."""
    for pk, slug, name, rule in Collection.objects.order_by("pk").values_list(
        "pk", "slug", "name", "rule"
    ):
        yield pk, slug, name, rule is not None


def _read_attributes(existing: ExistingRows, pks: list[int]) -> None:
    existing.attributes = {attribute.slug: attribute for attribute in Attribute.objects.all()}
    for value in ProductAttribute.objects.filter(product_id__in=pks):
        current = next(v for v in (value.text, value.number, value.boolean) if v is not None)
        existing.values[value.product_id, value.attribute_id] = current
