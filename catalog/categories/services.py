"""Every write of the tree of categories. Each locks the whole tree first, in ascending id, so that
two moves, each right by itself, cannot make a cycle together.
"""

from collections.abc import Iterator
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
from shop.core.transactions import transactional

Parents = dict[int, int | None]
"""The parent's id by the category's, None for a root: a whole tree."""


class CategoryChanges(TypedDict, total=False):
    """What staff may change of a category; ``parent_id`` None makes it a root."""

    name: str
    slug: str
    parent_id: int | None
    position: int
    is_published: bool


@transactional
def create_category(
    *,
    name: str,
    slug: str,
    parent_id: int | None = None,
    position: int = 0,
    is_published: bool = True,
) -> Category:
    """Create a category. Raises CategoryNotFound (its parent), CategoryTooDeep, SlugTaken."""
    _lock_tree()
    category = Category(
        name=name, slug=slug, parent_id=parent_id, position=position, is_published=is_published
    )
    _place(category)
    return category


@transactional
def update_category(*, category_id: int, **changes: Unpack[CategoryChanges]) -> Category:
    """Change a category, or move it with all below it.

    Raises CategoryNotFound, CategoryCycle, CategoryTooDeep, SlugTaken.
    """
    _lock_tree()
    category = _get(category_id)
    for name, value in changes.items():
        setattr(category, name, value)
    if changes:
        _place(category)
    return category


@transactional
def delete_category(*, category_id: int) -> None:
    """Delete a category that holds nothing. Raises CategoryNotFound, CategoryInUse."""
    _lock_tree()
    category = _get(category_id)
    try:
        category.delete()
    except ProtectedError as error:
        raise CategoryInUse(
            categories=sum(isinstance(row, Category) for row in error.protected_objects),
            products=sum(not isinstance(row, Category) for row in error.protected_objects),
        ) from None
    revision.bump()


def _lock_tree() -> None:
    list(Category.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _get(category_id: int) -> Category:
    try:
        return Category.objects.get(pk=category_id)
    except Category.DoesNotExist:
        raise CategoryNotFound from None


def _place(category: Category) -> None:
    """Save a category where its parent says, and derive the links anew."""
    parents: Parents = dict(Category.objects.values_list("pk", "parent_id"))
    if category.parent_id is not None and category.parent_id not in parents:
        raise CategoryNotFound
    if category.pk is not None:
        parents[category.pk] = category.parent_id
        _refuse_cycle(category.pk, parents)
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError:
        raise SlugTaken(slug=category.slug) from None
    parents[category.pk] = category.parent_id
    _link(parents)
    revision.bump(everything=True)


def _refuse_cycle(pk: int, parents: Parents) -> None:
    above = parents[pk]
    for _ in parents:
        if above is None:
            return
        if above == pk:
            raise CategoryCycle
        above = parents[above]


def _link(parents: Parents) -> None:
    """Write what the links lack, and delete those that are no longer true."""
    wanted = {(pk, above) for pk in parents for above in lineage(pk, parents)}
    existing = {
        (category_id, above_id): pk
        for pk, category_id, above_id in CategoryLink.objects.values_list(
            "pk", "category_id", "above_id"
        )
    }
    CategoryLink.objects.filter(
        pk__in=[existing[pair] for pair in existing.keys() - wanted]
    ).delete()
    CategoryLink.objects.bulk_create(
        CategoryLink(category_id=pk, above_id=above) for pk, above in wanted - existing.keys()
    )


def lineage(pk: int, parents: Parents) -> Iterator[int]:
    """Yield a category and all above it. Raises CategoryTooDeep."""
    above: int | None = pk
    for _ in range(MAX_CATEGORY_DEPTH):
        if above is None:
            return
        yield above
        above = parents[above]
    if above is not None:
        raise CategoryTooDeep(limit=MAX_CATEGORY_DEPTH)
