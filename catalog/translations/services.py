"""The writes of translations, in the transactions of the writes of products and categories.

``catalog.slugs`` sees to it that no slug of a language is one of another product or category.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db import IntegrityError, transaction

from catalog.errors import SlugTaken
from catalog.limits import PRODUCT_NAME_LENGTH
from catalog.translations.models import CategoryTranslation, ProductTranslation
from shop.core.slugs import make_slug
from shop.core.sort_keys import sort_key

Kind = Literal["product", "category"]
Texts = Mapping[str, Any]
"""Texts by the names of columns, such as name and slug."""
Translations = Mapping[str, Texts | None]
"""What to write, by language. Texts that are not given stay; None removes the whole language."""

MODELS: dict[Kind, Any] = {"product": ProductTranslation, "category": CategoryTranslation}
MEMBERS: dict[Kind, tuple[str, ...]] = {
    "product": ("name", "slug", "description", "seo_title", "seo_description"),
    "category": ("name", "slug", "seo_title", "seo_description"),
}
"""The texts of a translation, as requests and responses have them."""
_COLUMNS: dict[Kind, tuple[str, ...]] = {
    "product": (*MEMBERS["product"], "description_text", "name_key"),
    "category": MEMBERS["category"],
}
_SUFFIX = 20
"""Characters that a slug made from a name leaves for a number."""


class TextChange(NamedTuple):
    """A text that was changed; ``owner_id`` is the id of the product or category."""

    owner_id: int
    language: str
    member: str
    old: str
    new: str


@dataclass(slots=True)
class _Write:
    """A row as it is now and as it will be; None: it does not exist, or is removed."""

    kind: Kind
    owner_id: int
    language: str
    before: Any
    after: Any
    needs_slug: bool = False

    def changes(self) -> Iterator[TextChange]:
        for member in MEMBERS[self.kind]:
            old, new = (getattr(row, member, "") for row in (self.before, self.after))
            if old != new:
                yield TextChange(self.owner_id, self.language, member, old, new)


def write_translations(kind: Kind, changes: Mapping[int, Translations]) -> list[TextChange]:
    """Write the translations of products or categories by their ids; return what changed.

    Descriptions must be sanitized. A translation with a new name that has no slug gets one made
    from the name. Needs a transaction that has locked the products or categories. Raises SlugTaken,
    after which the transaction is still usable. At most six statements, none without changes.
    """
    owners = [pk for pk, translations in changes.items() if translations]
    if not owners:
        return []
    model, owner = MODELS[kind], f"{kind}_id"
    found = model.objects.filter(**{f"{owner}__in": owners})
    rows = {(getattr(row, owner), row.language): row for row in found}
    writes = [
        _write(kind, pk, language, rows.get((pk, language)), texts)
        for pk in owners
        for language, texts in changes[pk].items()
    ]
    _remove(kind, [write.before for write in writes if write.after is None and write.before])
    _insert(kind, [write for write in writes if write.after])
    return [change for write in writes for change in write.changes()]


def remove_translations(product_ids: Collection[int]) -> None:
    """Delete the translations of products that are archived, which frees their slugs."""
    ProductTranslation.objects.filter(product_id__in=product_ids).delete()


def _write(kind: Kind, pk: int, language: str, row: Any, texts: Texts | None) -> _Write:
    if texts is None:
        return _Write(kind, pk, language, row, None)
    new = MODELS[kind](**{f"{kind}_id": pk, "language": language})
    for column in _COLUMNS[kind]:
        setattr(new, column, texts.get(column, getattr(row or new, column)))
    if kind == "product":
        new.name_key = sort_key(new.name) if new.name else b""
    needs_slug = bool(texts.get("name")) and "slug" not in texts and not new.slug
    return _Write(kind, pk, language, row, new, needs_slug)


def _remove(kind: Kind, rows: Sequence[Any]) -> None:
    if rows:
        MODELS[kind].objects.filter(pk__in=[row.pk for row in rows]).delete()


def _insert(kind: Kind, writes: Sequence[_Write]) -> None:
    """Insert or replace the rows. Raises SlugTaken."""
    made = [write for write in writes if write.needs_slug]
    _make_slugs(kind, made)
    try:
        _upsert(kind, writes)
    except IntegrityError:
        if not made:
            raise SlugTaken(slug=_first_taken(kind, writes)) from None
        _add_ids(made)  # a concurrent request took one of the slugs
        try:
            _upsert(kind, writes)
        except IntegrityError:
            raise SlugTaken(slug=_first_taken(kind, writes)) from None


def _upsert(kind: Kind, writes: Sequence[_Write]) -> None:
    if writes:
        with transaction.atomic():
            MODELS[kind].objects.bulk_create(
                [write.after for write in writes],
                update_conflicts=True,
                unique_fields=[kind, "language"],
                update_fields=list(_COLUMNS[kind]),
            )


def _make_slugs(kind: Kind, writes: Sequence[_Write]) -> None:
    """Make slugs from names, with the id of the product or category where one is taken."""
    for write in writes:
        length, default = PRODUCT_NAME_LENGTH - _SUFFIX, f"{kind}-{write.owner_id}"
        write.after.slug = make_slug(
            write.after.name, length=length, default=default, language=write.language
        )
    taken = set(_taken(kind, writes))
    seen: set[tuple[str, str]] = set()
    for write in writes:
        if write.after.slug in taken or (write.language, write.after.slug) in seen:
            _add_ids([write])
        seen.add((write.language, write.after.slug))


def _add_ids(writes: Iterable[_Write]) -> None:
    for write in writes:
        write.after.slug = f"{write.after.slug}-{write.owner_id}"


def _taken(kind: Kind, writes: Sequence[_Write]) -> Iterator[str]:
    """Yield slugs of the writes that other products or categories have in any language."""
    if not writes:
        return
    wanted = {write.after.slug: write.owner_id for write in writes}
    model = MODELS[kind]
    own = model._meta.get_field(kind).related_model  # noqa: SLF001 - documented by Django
    for rows, column in ((model.objects, f"{kind}_id"), (own.objects, "pk")):
        for slug, pk in rows.filter(slug__in=wanted).values_list("slug", column):
            if wanted[slug] != pk:
                yield slug


def _first_taken(kind: Kind, writes: Sequence[_Write]) -> str:
    """Return the slug of one of the writes that another row of its language has."""
    wanted = {(write.language, write.after.slug): write for write in writes}
    rows = MODELS[kind].objects.filter(slug__in={slug for _, slug in wanted if slug})
    for language, slug, pk in rows.values_list("language", "slug", f"{kind}_id"):
        write = wanted.get((language, slug))
        if write is not None and write.owner_id != pk:
            return str(slug)
    slugs = [write.after.slug for write in writes if write.after.slug]
    return next((slug for slug in slugs if slugs.count(slug) > 1), "")
