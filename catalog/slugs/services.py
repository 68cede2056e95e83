"""The writes and reads of earlier slugs.

A slug that a product or category gives up stays its own: the old address redirects, and no other
product or category of the same kind gets the slug before that one is archived or deleted.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value

from catalog.categories.models import Category
from catalog.errors import SlugTaken
from catalog.products.models import Product
from catalog.slugs.models import EarlierSlug
from catalog.translations.services import MODELS, TextChange
from shop.core.language_codes import further_languages

Kind = Literal["product", "category"]


def move_slugs(kind: Kind, moves: Mapping[int, tuple[str, str]]) -> None:
    """Remember old slugs and claim new ones: pairs of both by id, the old one empty for a new row.

    Needs the transaction that has written the new slugs. Raises SlugTaken if a new slug is an
    earlier one of another row. At most three statements.
    """
    if not moves:
        return
    claimed = {new: pk for pk, (_, new) in moves.items() if new}
    earlier = list(_of(kind).filter(slug__in=claimed))
    for row in earlier:
        if getattr(row, f"{kind}_id") != claimed[row.slug] and not _is_free(row, kind):
            raise SlugTaken(slug=row.slug)
    if earlier:
        EarlierSlug.objects.filter(pk__in=[row.pk for row in earlier]).delete()
    given_up = [(old, pk) for pk, (old, _) in moves.items() if old and old not in claimed]
    _remember(kind, given_up)


def earlier_owners(kind: Kind, slugs: Iterable[str]) -> dict[str, int]:
    """Return the ids of the products or categories that have had slugs, by slug. One statement.

    Products that are archived are left out.
    """
    rows = _of(kind).filter(slug__in=slugs)
    return dict(rows.filter(_ALIVE[kind]).values_list("slug", f"{kind}_id"))


def remember_translated(kind: Kind, changes: Iterable[TextChange]) -> None:
    """Remember the slugs that translations give up. At most one statement."""
    given_up = [(change.old, change.owner_id) for change in changes if change.member == "slug"]
    _remember(kind, [(slug, pk) for slug, pk in given_up if slug])


def check_translated(kind: Kind, pks: Collection[int]) -> None:
    """Raise SlugTaken if a slug of these rows is one that another row has in another language.

    Needs the transaction that has written the slugs, after it has locked the catalog's revision:
    then one of two concurrent writers sees what the other one has written. One statement; none in a
    shop with one language.
    """
    if not further_languages() or not pks:
        return
    rows, owner = _ROWS[kind], f"{kind}_id"
    others = rows.filter(slug=OuterRef("slug")).exclude(pk=OuterRef(owner))
    earlier = _of(kind).filter(slug=OuterRef("slug")).exclude(**{owner: OuterRef(owner)})
    own = rows.filter(pk__in=pks).exclude(slug="").order_by().values("slug")
    translations = (
        MODELS[kind].objects.exclude(slug="").filter(Q(**{f"{owner}__in": pks}) | Q(slug__in=own))
    )
    taken = translations.filter(Exists(others) | Exists(earlier.filter(_ALIVE[kind])))
    if (slug := taken.values_list("slug", flat=True).first()) is not None:
        raise SlugTaken(slug=slug)


def reserved_slugs(kind: Kind, slugs: Collection[str]) -> set[str]:
    """Return which slugs redirect, or belong to a translation to any language. One statement.

    A slug that is made from a name must be another one.
    """
    earlier = _of(kind).filter(_ALIVE[kind], slug__in=slugs).order_by().values_list("slug")
    translated = MODELS[kind].objects.filter(slug__in=slugs).order_by().values_list("slug")
    return {slug for (slug,) in earlier.union(translated)}


def owners_of_slugs(kind: Kind, slugs: Collection[str]) -> list[tuple[str, str, int]]:
    """Return slugs with the language and the id of the product or category. One statement.

    The language is empty for the slugs of products and categories themselves, and earlier ones.
    """
    own = _ROWS[kind].filter(slug__in=slugs).order_by()
    earlier = _of(kind).filter(_ALIVE[kind], slug__in=slugs).order_by()
    translated = MODELS[kind].objects.filter(slug__in=slugs).order_by()
    owner, none = f"{kind}_id", Value("", CharField())
    rows = own.values_list("slug", none, "pk").union(
        earlier.values_list("slug", none, owner),
        translated.values_list("slug", "language", owner),
    )
    return list(rows) if slugs else []


def owners_in_any_language(kind: Kind, slugs: Iterable[str]) -> dict[str, int]:
    """Return the ids of the products or categories that have slugs in a further language, by slug.

    One statement; none in a shop with one language.
    """
    if not (languages := further_languages()):
        return {}
    rows = MODELS[kind].objects.filter(slug__in=slugs, language__in=languages)
    return dict(rows.order_by("-pk").values_list("slug", f"{kind}_id"))


_ROWS: dict[Kind, QuerySet[Any]] = {
    "product": Product.objects.filter(archived_at=None),
    "category": Category.objects.all(),
}
_ALIVE = {"product": Q(product__archived_at=None), "category": Q()}


def _of(kind: Kind) -> QuerySet[EarlierSlug]:
    rows = EarlierSlug.objects.filter(**{f"{kind}__isnull": False})
    return rows.select_related("product") if kind == "product" else rows


def _is_free(row: EarlierSlug, kind: Kind) -> bool:
    return kind == "product" and row.product is not None and row.product.archived_at is not None


def _remember(kind: Kind, slugs: Iterable[tuple[str, int]]) -> None:
    EarlierSlug.objects.bulk_create(
        (EarlierSlug(slug=slug, **{f"{kind}_id": pk}) for slug, pk in slugs),
        ignore_conflicts=True,  # a slug that was a translated one before
    )
