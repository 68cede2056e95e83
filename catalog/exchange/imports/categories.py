"""Finds categories and collections of a file by their slugs or their exact names."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Self

from catalog.categories.models import Category
from catalog.limits import CATEGORY_NAME_LENGTH
from shop.core.language_codes import own_language
from shop.core.slugs import fold, fold_name, is_slug, make_slug, normalize_slug

_SUFFIX = 10
"""Characters that are added to a slug that is taken."""


@dataclass(frozen=True, slots=True)
class CategoryReference:
    """The text by which a file refers to a category. It is empty for no category.

    The shop's own table has slugs or names, other formats have only names (``is_name``).
    """

    text: str
    is_name: bool = False
    parents: tuple[str, ...] = ()
    """The names of its ancestors from the root, if the file has them. It is a name then."""

    def slug(self) -> str:
        """Return the slug, or "" if the text can only be a name."""
        slug = normalize_slug(self.text)
        return slug if is_slug(slug) else ""

    def name(self) -> str:
        """Return the name of a new category. It is made from a slug such as ``hot-drinks``."""
        if self.text != make_slug(self.text, length=CATEGORY_NAME_LENGTH, default=""):
            return self.text
        return " ".join(self.text.split("-")).capitalize()

    def parent(self) -> "CategoryReference | None":
        """Return its parent, or None if it is a root or the file does not say."""
        if not self.parents:
            return None
        *before, last = self.parents
        return CategoryReference(last, is_name=True, parents=tuple(before))


class Categories:
    """The existing categories, or collections, with ids by slug and by name."""

    def __init__(self, rows: Iterable[tuple[int, str, str, int | None]]) -> None:
        """Take ids, slugs, names and parents. Of those with one name, the lowest id is found."""
        self._by_slug: dict[str, tuple[int, str]] = {}
        self._by_name: dict[str, int] = {}
        self._children: dict[tuple[int | None, str], int] = {}
        for pk, slug, name, parent in rows:
            self._by_slug[slug] = (pk, name)
            self._by_name.setdefault(fold_name(name), pk)
            self._children.setdefault((parent, fold_name(name)), pk)

    @classmethod
    def of_collections(cls, rows: Iterable[tuple[int, str, str]]) -> Self:
        """Take the ids, slugs and names of collections, which have no parents."""
        return cls((pk, slug, name, None) for pk, slug, name in rows)

    @classmethod
    def read(cls) -> Self:
        """Read all categories. One statement."""
        return cls(Category.objects.order_by("pk").values_list("pk", "slug", "name", "parent_id"))

    def find(self, reference: CategoryReference) -> int | None:
        """Return the id of a category, or None if it does not exist.

        A name that looks like a slug finds the category that was made from it, but no other one
        that happens to have this slug: the slug of "C#" may be ``c``.
        """
        if reference.parents:
            return self._find_path((*reference.parents, reference.text))
        by_name = self._by_name.get(fold_name(reference.text))
        by_slug = self._by_slug.get(reference.slug())
        if not reference.is_name:
            return by_slug[0] if by_slug else by_name
        if by_name is None and by_slug and fold_name(by_slug[1]) == fold_name(reference.name()):
            return by_slug[0]
        return by_name

    def _find_path(self, names: Sequence[str]) -> int | None:
        found: int | None = None
        for name in names:
            found = self._children.get((found, fold_name(name)))
            if found is None:
                return None
        return found

    def free_slug(self, reference: CategoryReference, taken: Container[str] = ()) -> str:
        """Return a slug for a new category: the one in the file, or one made from the name.

        ``taken`` are slugs that cannot be used although no category has them now.
        """
        slug = reference.slug()
        if not reference.is_name and slug == fold(reference.text) and slug not in taken:
            return slug
        base = make_slug(
            reference.text,
            length=CATEGORY_NAME_LENGTH - _SUFFIX,
            default="category",
            language=own_language(),
        )
        candidates = chain([base], (f"{base}-{number}" for number in count(2)))
        return next(s for s in candidates if s not in self._by_slug and s not in taken)
