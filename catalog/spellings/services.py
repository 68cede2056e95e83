"""Remembers and finds the spellings of brands and tags."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from catalog import revision
from catalog.attributes.models import ProductTag
from catalog.limits import BRAND_LENGTH
from catalog.models.progress import CatalogProgress
from catalog.products.models import Product
from catalog.spellings.models import Spelling, SpellingKind
from shop.core.slugs import fold_name
from shop.core.transactions import transactional

_JOB = "spellings"
_BATCH = 5000
Texts = dict[SpellingKind, list[str]]
"""Brands and tags in the order in which they were written."""


def key_of(text: str) -> str:
    """Return the form of a brand or a tag in which it is compared."""
    return fold_name(text)[:BRAND_LENGTH]


def remember_spellings(texts: Texts) -> int:
    """Store the spellings that are new, and return how many. At most two statements for a kind.

    Needs the transaction that writes the products. The rows are inserted by key, so that two
    transactions do not wait for each other.
    """
    added = 0
    for kind, given in texts.items():
        wanted = dict.fromkeys(filter(None, given))
        known = Spelling.objects.filter(kind=kind, text__in=wanted).values_list("text", flat=True)
        missing = wanted.keys() - set(known) if wanted else set()
        rows = [
            Spelling(kind=kind, text=text, key=key_of(text)) for text in wanted if text in missing
        ]
        Spelling.objects.bulk_create(sorted(rows, key=lambda row: row.key), ignore_conflicts=True)
        added += len(rows)
    return added


def spellings_of(
    texts: Mapping[SpellingKind, Iterable[str]], revision_now: str | None
) -> dict[SpellingKind, list[str]]:
    """Return all spellings of some brands and tags, with the texts themselves, sorted.

    One statement if they are not cached.
    """
    keys = {(kind, key_of(text)) for kind, given in texts.items() for text in given}
    name = f"spellings {sorted(keys)}"
    known = revision.cached_values.get_or_put(name, revision_now, lambda: _read(keys))
    return {
        kind: sorted({*given, *(text for own, text in known if own == kind)})
        for kind, given in texts.items()
    }


def _read(keys: Iterable[tuple[SpellingKind, str]]) -> list[tuple[str, str]]:
    wanted = Q()
    for kind, key in keys:
        wanted |= Q(kind=kind, key=key)
    return list(Spelling.objects.filter(wanted).values_list("kind", "text")) if wanted else []


def one_spelling_each(brands: Iterable[str]) -> list[str]:
    """Return each brand once, in the one of its spellings that was written first, sorted.

    One statement.
    """
    written = Spelling.objects.filter(kind=SpellingKind.BRAND).order_by("pk")
    places = {text: place for place, text in enumerate(written.values_list("text", flat=True))}
    first: dict[str, str] = {}
    for brand in sorted(brands, key=lambda text: places.get(text, len(places))):
        first.setdefault(key_of(brand), brand)
    return sorted(first.values())


def follow_spellings() -> int:
    """Store the spellings that a previous release has written, and return how many."""
    progress, _ = CatalogProgress.objects.get_or_create(job=_JOB)
    number = revision.read_revision()[1]
    if progress.number == number:
        return 0
    added = sum(map(_remember_written, _written().items()))
    CatalogProgress.objects.filter(pk=progress.pk).update(number=number)
    return added


def _written() -> dict[SpellingKind, QuerySet[Any]]:
    """Return the rows that have texts, as ``text``."""
    products = Product.objects.listed().filter(archived_at=None).exclude(brand="")
    return {
        SpellingKind.BRAND: products.annotate(text=F("brand")),
        SpellingKind.TAG: ProductTag.objects.annotate(text=F("tag")),
    }


def _remember_written(
    written: tuple[SpellingKind, QuerySet[Any]],
) -> int:
    kind, rows = written
    known = Spelling.objects.filter(kind=kind, text=OuterRef("text"))
    unknown = rows.order_by().filter(~Exists(known)).values("text").annotate(first=Min("pk"))
    texts = list(unknown.order_by("first").values_list("text", flat=True))
    return sum(
        _remember(kind, texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)
    )


@transactional
def _remember(kind: SpellingKind, texts: list[str]) -> int:
    added = remember_spellings({kind: texts})
    revision.bump()
    return added
