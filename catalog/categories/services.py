"""The writes of categories.

Each service first locks all categories in ascending id. Otherwise two concurrent moves, each valid
by itself, could together create a cycle.
"""

from collections.abc import Callable, Iterator
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models.deletion import ProtectedError

from catalog import revision
from catalog.categories.errors import (
    CategoryCycle,
    CategoryInUse,
    CategoryNotFound,
    CategoryTooDeep,
)
from catalog.categories.models import Category, CategoryLink
from catalog.errors import SlugTaken
from catalog.limits import MAX_CATEGORY_DEPTH
from catalog.slugs.services import check_translated, move_slugs, remember_translated
from catalog.translations.services import Translations, write_translations
from shop.core.hooks import Single
from shop.core.transactions import transactional

words_changed = Single[Callable[[int], None]](
    "The words of categories are indexed by another function already."
)
"""Called with the id of a category that was renamed or moved, in the transaction of the change."""
Parents = dict[int, int | None]
"""The whole tree: the id of the parent, or None for a root, by the id of the category."""


class CategoryDetails(TypedDict, total=False):
    """The optional fields of a category.

    ``translations`` are texts by language; None removes those of a language.
    """

    position: int
    is_published: bool
    seo_title: str
    seo_description: str
    translations: Translations


class CategoryChanges(CategoryDetails, total=False):
    """The fields of a category that staff may change. ``parent_id`` None makes it a root."""

    name: str
    slug: str
    parent_id: int | None


@transactional
def create_category(
    *, name: str, slug: str, parent_id: int | None = None, **details: Unpack[CategoryDetails]
) -> Category:
    """Create a category. Raises CategoryNotFound for the parent, CategoryTooDeep, SlugTaken."""
    lock_tree()
    translations = details.pop("translations", {})
    category = Category(name=name, slug=slug, parent_id=parent_id, **details)
    _save(category, translations)
    return category


@transactional
def update_category(*, category_id: int, **changes: Unpack[CategoryChanges]) -> Category:
    """Change a category, or move it with its descendants.

    Raises CategoryNotFound, CategoryCycle, CategoryTooDeep, SlugTaken.
    """
    lock_tree()
    category = _get(category_id)
    slug, translations = category.slug, changes.pop("translations", {})
    for name, value in changes.items():
        setattr(category, name, value)
    if changes or translations:
        _save(category, translations, earlier_slug=slug)
    return category


@transactional
def delete_category(*, category_id: int) -> None:
    """Delete an empty category. Raises CategoryNotFound, CategoryInUse."""
    lock_tree()
    category = _get(category_id)
    try:
        category.delete()
    except ProtectedError as error:
        raise CategoryInUse(
            categories=sum(isinstance(row, Category) for row in error.protected_objects),
            products=sum(not isinstance(row, Category) for row in error.protected_objects),
        ) from None
    revision.bump()


def lock_tree() -> None:
    """Lock all categories in ascending id. Needs a transaction."""
    list(Category.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _get(category_id: int) -> Category:
    try:
        return Category.objects.get(pk=category_id)
    except Category.DoesNotExist:
        raise CategoryNotFound from None


def _save(category: Category, translations: Translations, *, earlier_slug: str = "") -> None:
    """Save a category, update the links, and remember the slugs that it gives up."""
    parents: Parents = dict(Category.objects.values_list("pk", "parent_id"))
    if category.parent_id is not None and category.parent_id not in parents:
        raise CategoryNotFound
    if category.pk is not None:
        parents[category.pk] = category.parent_id
        _check_cycle(category.pk, parents)
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError:
        raise SlugTaken(slug=category.slug) from None
    if category.slug != earlier_slug:
        move_slugs("category", {category.pk: (earlier_slug, category.slug)})
    remember_translated("category", write_translations("category", {category.pk: translations}))
    parents[category.pk] = category.parent_id
    _update_links(parents)
    if words_changed.value:
        words_changed.value(category.pk)
    revision.bump(everything=True)
    if translations or category.slug != earlier_slug:
        check_translated("category", [category.pk])


def _check_cycle(pk: int, parents: Parents) -> None:
    above = parents[pk]
    for _ in parents:
        if above is None:
            return
        if above == pk:
            raise CategoryCycle
        above = parents[above]


def _update_links(parents: Parents) -> None:
    """Insert missing links and delete obsolete ones."""
    links = {(pk, above) for pk in parents for above in lineage(pk, parents)}
    rows = CategoryLink.objects.values_list("pk", "category_id", "above_id")
    existing = {(category_id, above_id): pk for pk, category_id, above_id in rows}
    obsolete = [existing[link] for link in existing.keys() - links]
    CategoryLink.objects.filter(pk__in=obsolete).delete()
    CategoryLink.objects.bulk_create(
        CategoryLink(category_id=pk, above_id=above) for pk, above in links - existing.keys()
    )


def lineage(pk: int, parents: Parents) -> Iterator[int]:
    """Yield the ids of a category and its ancestors. Raises CategoryTooDeep."""
    above: int | None = pk
    for _ in range(MAX_CATEGORY_DEPTH):
        if above is None:
            return
        yield above
        above = parents[above]
    if above is not None:
        raise CategoryTooDeep(limit=MAX_CATEGORY_DEPTH)
