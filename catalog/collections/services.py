"""The writes of collections, and of their products.

The products of a collection with a rule are found when it is saved, and again by the worker after
the catalog has changed. Locks are taken in this order: the collection, products in ascending id,
the catalog's revision.
"""

from collections.abc import Collection as Ids
from collections.abc import Sequence
from hashlib import blake2s
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog import revision
from catalog.collections.errors import CollectionNotFound
from catalog.collections.models import Collection, CollectionProduct
from catalog.collections.rules import check_rule, products_of_rule
from catalog.errors import ProductNotFound, SlugTaken
from catalog.models.progress import CatalogProgress
from catalog.products.models import Product
from shop.core.errors import InvalidField
from shop.core.jobs import is_time_over, row_failed
from shop.core.transactions import transactional
from shop.core.translations import Translations, replaced

_JOB = "collections"
_BATCH = 5000


class CollectionDetails(TypedDict, total=False):
    """The optional fields of a collection. It has a rule, or ``product_ids``."""

    description: str
    position: int
    is_published: bool
    rule: dict[str, Any] | None
    translations: Translations
    product_ids: Sequence[int]


class CollectionChanges(CollectionDetails, total=False):
    """The fields of a collection that staff may change."""

    name: str
    slug: str


@transactional
def create_collection(*, name: str, slug: str, **details: Unpack[CollectionDetails]) -> Collection:
    """Create a collection. Raises SlugTaken, ProductNotFound, InvalidField."""
    collection = Collection(name=name, slug=slug)
    _save(collection, details)
    return collection


@transactional
def update_collection(*, collection_id: int, **changes: Unpack[CollectionChanges]) -> Collection:
    """Change a collection. Raises CollectionNotFound and the errors of ``create_collection``."""
    collection = _lock(collection_id)
    if "translations" in changes:
        changes["translations"] = replaced(collection.translations, changes["translations"])
    if changes:
        _save(collection, changes)
    return collection


@transactional
def delete_collection(*, collection_id: int) -> None:
    """Delete a collection, also from sales and promotions. Raises CollectionNotFound."""
    collection = _lock(collection_id)
    collection.delete()
    revision.bump(everything=True)


def lock_collections(collection_ids: Ids[int]) -> None:
    """Lock collections in ascending id, before products. Needs a transaction."""
    if collection_ids:
        rows = Collection.objects.filter(pk__in=collection_ids).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk"))


def add_members(members: Sequence[tuple[int, int]]) -> None:
    """Add products to collections without a rule: pairs of the ids of both.

    Needs the transaction that has locked the collections and then the products, and that bumps the
    revision for these products.
    """
    CollectionProduct.objects.bulk_create(
        (CollectionProduct(collection_id=one, product_id=other) for one, other in members),
        ignore_conflicts=True,
        batch_size=_BATCH,
    )


def update_collections() -> int:
    """Find the products of all rules again if the catalog has changed since the last time.

    Each collection is a transaction. Returns the number of products that were added or removed.
    """
    progress = CatalogProgress.objects.get_or_create(job=_JOB)[0]
    rules = Collection.objects.exclude(rule__isnull=True).order_by("pk")
    current = _number_of(revision.current())
    if progress.number == current or not rules.exists():
        return 0
    changed = 0
    for collection_id in rules.values_list("pk", flat=True):
        try:
            changed += _follow_rule(collection_id)
        except (InvalidField, CollectionNotFound) as error:
            row_failed(f"collection {collection_id}", error)
        if is_time_over():
            return changed
    if not changed:
        CatalogProgress.objects.filter(pk=progress.pk).update(number=current)
    return changed


def _number_of(text: str) -> int:
    """Return a number that stands for a revision."""
    return int.from_bytes(blake2s(text.encode(), digest_size=7).digest())


@transactional
def _follow_rule(collection_id: int) -> int:
    collection = _lock(collection_id)
    if collection.rule is None:
        return 0
    changed = _set_products(
        collection, products_of_rule(collection.rule).values_list("pk", flat=True)
    )
    if changed:
        _bump(changed)
    return len(changed)


def _save(collection: Collection, values: CollectionChanges | CollectionDetails) -> None:
    for name, value in values.items():
        if name != "product_ids":
            setattr(collection, name, value)
    if collection.rule is not None:
        if values.get("product_ids"):
            reason = _("A collection with a rule finds its products itself.")
            raise InvalidField(field="product_ids", reason=reason)
        check_rule(collection.rule)
    try:
        with transaction.atomic():
            collection.save()
    except IntegrityError:
        raise SlugTaken(slug=collection.slug) from None
    changed: Ids[int] = ()
    if collection.rule is not None:
        changed = _set_products(collection, _selected(collection.rule))
    elif "product_ids" in values:
        changed = _set_products(collection, _existing(values["product_ids"]))
    _bump(changed)


def _selected(rule: Any) -> Ids[int]:
    return list(products_of_rule(rule).order_by().values_list("pk", flat=True))


def _existing(product_ids: Sequence[int]) -> set[int]:
    """Return the ids, of products and not of variants. Raises ProductNotFound."""
    wanted = set(product_ids)
    if Product.objects.not_archived().listed().filter(pk__in=wanted).count() != len(wanted):
        raise ProductNotFound
    return wanted


def _set_products(collection: Collection, product_ids: Ids[int]) -> set[int]:
    """Set the products of a collection, and return the ids of those added or removed."""
    wanted = set(product_ids)
    rows = CollectionProduct.objects.filter(collection=collection)
    present = set(rows.values_list("product_id", flat=True))
    removed = sorted(present - wanted)
    for start in range(0, len(removed), _BATCH):
        rows.filter(product_id__in=removed[start : start + _BATCH]).delete()
    CollectionProduct.objects.bulk_create(
        (
            CollectionProduct(collection=collection, product_id=pk)
            for pk in sorted(wanted - present)
        ),
        ignore_conflicts=True,
        batch_size=_BATCH,
    )
    return present ^ wanted


def _bump(changed: Ids[int]) -> None:
    """Bump the revision. The changes feed contains the products, whose sales may be others."""
    if 0 < len(changed) <= revision.MAX_MARKED:
        Product.objects.lock_all(sorted(changed))
    revision.bump(sorted(changed))


def _lock(collection_id: int) -> Collection:
    try:
        return Collection.objects.select_for_update(no_key=True).get(pk=collection_id)
    except Collection.DoesNotExist:
        raise CollectionNotFound from None
