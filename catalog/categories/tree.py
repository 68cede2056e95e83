"""The category tree as a user sees it, read in one statement."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import Subquery
from django.db.models.expressions import RawSQL

from catalog import revision
from catalog.categories.models import Category
from catalog.models.revision import CatalogRevision
from catalog.permissions import sees_all
from catalog.translations.reads import text_in
from shop.core.sort_keys import sort_key


@dataclass(slots=True)
class Node:
    """A category with the descendants that its reader sees, in sort order.

    ``name`` and ``slug`` are in the language of the tree; ``own_slug`` is that of the shop's own.
    """

    id: int
    name: str
    slug: str
    position: int
    is_published: bool
    seo_title: str
    seo_description: str
    own_slug: str
    for_staff: bool
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)

    def path(self) -> "list[Node]":
        """Return its ancestors, with the root first, and itself."""
        return [*(self.parent.path() if self.parent else ()), self]

    def place(self) -> tuple[int, bytes, int]:
        """Return its place among its siblings: by position, then by name."""
        return (self.position, sort_key(self.name), self.id)


@dataclass(frozen=True, slots=True)
class Tree:
    """The categories that a user sees, and the catalog's revision when they were read."""

    revision: str
    roots: list[Node]
    nodes: dict[int, Node]


def read_tree(user: AbstractUser | AnonymousUser, language: str | None = None) -> Tree:
    """Return the categories that a user sees, by default in the shop's own language.

    One statement reads the categories and the revision, so that tree and ETag are consistent. A
    second statement reads the revision if there are no categories.
    """
    version = RawSQL(revision.version_sql(), [])  # noqa: S611 - a constant
    current = CatalogRevision.objects.filter(pk=CatalogRevision.ONLY)
    rows: list[tuple[Any, ...]] = list(
        Category.objects.visible_to(user)
        .order_by()
        .values_list(
            "parent_id",
            Subquery(current.values(version=version)),
            Subquery(current.values("number")),
            "pk",
            text_in(language, "name"),
            text_in(language, "slug"),
            "position",
            "is_published",
            text_in(language, "seo_title"),
            text_in(language, "seo_description"),
            "slug",
        )
    )
    if not rows:
        return Tree(revision.current(), [], {})
    for_staff = sees_all(user, "category")
    nodes = {}
    for row in rows:
        nodes[row[3]] = Node(*(*row[3:], for_staff))
    roots = []
    for parent_id, _, _, pk, *_ in sorted(rows, key=lambda row: nodes[row[3]].place()):
        node = nodes[pk]
        if parent_id is None:
            roots.append(node)
        else:
            node.parent = nodes[parent_id]
            node.parent.children.append(node)
    return Tree(revision.text_of(rows[0][1], rows[0][2]), roots, nodes)
