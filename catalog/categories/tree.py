"""The tree of categories as its readers see it, read whole in one statement."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Subquery

from catalog import revision
from catalog.categories.models import Category
from catalog.models.revision import CatalogRevision


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


def read_tree(*, for_staff: bool) -> Tree:
    """Return the categories that are published with all above them; for staff every one.

    One statement, which tells the revision too: tree and ETag are of one instant.
    """
    only = CatalogRevision.objects.filter(pk=CatalogRevision.ONLY)
    rows = list(
        Category.objects.in_order().values_list(
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
    nodes = {}
    for _, _, _, pk, name, slug, position, is_published in rows:
        nodes[pk] = Node(pk, name, slug, position, is_published, for_staff)
    parents = {row[3]: row[0] for row in rows}
    roots = []
    for pk, node in nodes.items():
        above = parents[pk]
        if above is None:
            roots.append(node)
        else:
            node.parent = nodes[above]
            nodes[above].children.append(node)
    if not for_staff:
        roots = _prune(roots)
        nodes = {node.id: node for node in _walk(roots)}
    return Tree(f"{rows[0][1]}-{rows[0][2]}", roots, nodes)


def _prune(nodes: list[Node]) -> list[Node]:
    shown = [node for node in nodes if node.is_published]
    for node in shown:
        node.children = _prune(node.children)
    return shown


def _walk(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.children)
