"""Suggestions while someone types: products, categories and brands."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractUser, AnonymousUser

from catalog import revision
from catalog.categories.models import Category
from catalog.indexing.documents import plain_words
from catalog.limits import MAX_SUGGESTED, MAX_SUGGESTED_NAMES
from catalog.products import reads
from catalog.products.models import Product, ProductQuerySet
from catalog.products.translated import translate
from catalog.search.matching import matching
from catalog.search.synonyms import read_synonyms
from catalog.search.text import read_query
from catalog.spellings.services import one_spelling_each
from catalog.translations.reads import text_in

_CANDIDATES = 500
"""Products of which the best-selling ones are suggested."""
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Products from ``reads.listed``, categories with id, name and slug, and names of brands."""

    products: list[Any]
    categories: list[dict[str, Any]]
    brands: list[str]


def suggest(
    text: str, user: AbstractUser | AnonymousUser, revision_now: str | None, language: str
) -> Suggestions:
    """Return what a user may mean by the beginning of a search, in a language of the shop.

    The last word may be the beginning of a word. Two statements, and one more for each of synonyms,
    categories and brands that are not cached.
    """
    typed = tuple(plain_words(text))
    if not typed:
        return Suggestions([], [], [])
    visible = Product.objects.visible_to(user).listed()

    def cached(name: str, make: Any) -> Any:
        return revision.cached_values.get_or_put(name, revision_now, make)

    synonyms = cached("synonyms", read_synonyms)
    categories = cached(
        f"suggested categories {language}", lambda: _read_categories(user, language)
    )
    brands = cached("suggested brands", lambda: _read_brands(visible))
    products = _products(matching(visible, read_query(text, synonyms, language)))
    translate(products, language)
    return Suggestions(
        products,
        [found for words, found in categories if _begins(words, typed)][:MAX_SUGGESTED_NAMES],
        [found for words, found in brands if _begins(words, typed)][:MAX_SUGGESTED_NAMES],
    )


def _products(found: ProductQuerySet) -> list[Any]:
    """Return the best-selling ones of the products that were found."""
    candidates = found.order_by().values("pk")[:_CANDIDATES]
    best = Product.objects.filter(pk__in=candidates).order_by("-sold", "pk")
    pks = list(best.values_list("pk", flat=True)[:MAX_SUGGESTED])
    rows = {row.pk: row for row in reads.listed(pks)}
    return [rows[pk] for pk in pks if pk in rows]


def _read_categories(
    user: AbstractUser | AnonymousUser, language: str
) -> list[tuple[Words, dict[str, Any]]]:
    texts = (text_in(language, "name"), text_in(language, "slug"), "name")
    rows = Category.objects.visible_to(user).in_sort_order().values_list("id", *texts)
    return [
        (
            tuple(plain_words(f"{name} {own_name}" if name != own_name else name)),
            {"id": pk, "name": name, "slug": slug},
        )
        for pk, name, slug, own_name in rows
    ]


def _read_brands(products: ProductQuerySet) -> list[tuple[Words, str]]:
    """Return the brands with their words, each in the spelling that was written first."""
    brands = products.exclude(brand="").order_by("brand").values_list("brand", flat=True)
    return [(tuple(plain_words(brand)), brand) for brand in one_spelling_each(brands.distinct())]


def _begins(words: Words, typed: Words) -> bool:
    """Return whether all typed words are in a name; the last one may be a beginning."""
    *whole, beginning = typed
    return set(whole) <= set(words) and any(word.startswith(beginning) for word in words)
