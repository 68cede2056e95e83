"""The writes and reads of earlier slugs.

A slug that a product or category gives up stays its own: the old address redirects, and no other
product or category of the same kind gets the slug before that one is archived or deleted.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from django.db.models import Q, QuerySet

from catalog.errors import SlugTaken
from catalog.slugs.models import EarlierSlug

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


_ALIVE = {"product": Q(product__archived_at=None), "category": Q()}


def _of(kind: Kind) -> QuerySet[EarlierSlug]:
    rows = EarlierSlug.objects.filter(**{f"{kind}__isnull": False})
    return rows.select_related("product") if kind == "product" else rows


def _is_free(row: EarlierSlug, kind: Kind) -> bool:
    return kind == "product" and row.product is not None and row.product.archived_at is not None


def _remember(kind: Kind, slugs: Iterable[tuple[str, int]]) -> None:
    EarlierSlug.objects.bulk_create(
        EarlierSlug(slug=slug, **{f"{kind}_id": pk}) for slug, pk in slugs
    )
