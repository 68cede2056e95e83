"""The tree of categories as a user sees it, read whole in one statement."""

from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import Subquery

from catalog import revision
from catalog.categories.models import Category
from catalog.models.revision import CatalogRevision
from catalog.permissions import sees_all


@dataclass(slots=True)
class Node:
    """A category with all below it that its reader sees, in order."""

    id: int
    name: str
    slug: str
    position: int
    is_published: bool
    for_staff: bool
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)

    def path(self) -> "list[Node]":
        """Return the way to it from the root, itself last."""
        return [*(self.parent.path() if self.parent else ()), self]


@dataclass(frozen=True, slots=True)
class Tree:
    """What its reader sees of the tree, and the catalogue's revision that it was read under."""

    revision: str
    roots: list[Node]
    nodes: dict[int, Node]


def read_tree(user: AbstractUser | AnonymousUser) -> Tree:
    """Return the categories that a user sees, in one statement.

    It reads the revision too, so that tree and ETag are of one instant.
    """
    only = CatalogRevision.objects.filter(pk=CatalogRevision.ONLY)
    rows = list(
        Category.objects.visible_to(user)
        .in_order()
        .values_list(
            "parent_id",
            Subquery(only.values("epoch")),
            Subquery(only.values("number")),
            "pk",
            "name",
            "slug",
            "position",
            "is_published",
        )
    )
    if not rows:
        return Tree(revision.current(), [], {})
    for_staff = sees_all(user, "category")
    nodes = {}
    for _, _, _, pk, name, slug, position, is_published in rows:
        nodes[pk] = Node(pk, name, slug, position, is_published, for_staff)
    roots = []
    for parent_id, _, _, pk, *_ in rows:
        node = nodes[pk]
        if parent_id is None:
            roots.append(node)
        else:
            node.parent = nodes[parent_id]
            node.parent.children.append(node)
    return Tree(f"{rows[0][1]}-{rows[0][2]}", roots, nodes)
