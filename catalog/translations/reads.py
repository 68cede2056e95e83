"""Reads of translations: of one language for readers, and of all languages for staff."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from catalog.translations.models import CategoryTranslation, ProductTranslation
from catalog.translations.services import MEMBERS, MODELS, Kind
from shop.core.language_codes import further_languages, is_translated


class TranslatedTexts(NamedTuple):
    """The texts of a product or a category in a language; empty ones are not translated."""

    name: str
    slug: str
    seo_title: str
    seo_description: str
    description: str = ""
    description_text: str = ""


class Found(NamedTuple):
    """Translations by the ids of products, categories and images."""

    products: dict[int, TranslatedTexts]
    categories: dict[int, TranslatedTexts]
    images: dict[int, TranslatedTexts]
    """The alternative text of an image is the ``name``."""

    def translate_images(self, rows: Iterable[dict[str, Any]]) -> None:
        """Replace the alternative texts of rows of images, where they are translated."""
        for row in rows:
            if texts := self.images.get(row["id"]):
                row["alt"] = texts.name or row["alt"]


_TEXTS = ("name", "slug", "seo_title", "seo_description")


def read_texts(
    language: str,
    product_ids: Collection[int],
    category_ids: Collection[int] = (),
    images: QuerySet[Any, Any] | None = None,
) -> Found:
    """Return the texts in a language. One statement; none in the language of the shop itself.

    ``images`` are rows of ``catalog.images.reads``, which the same statement reads.
    """
    found = Found({}, {}, {})
    if not is_translated(language) or not (product_ids or category_ids):
        return found
    products = ProductTranslation.objects.filter(language=language, product_id__in=product_ids)
    categories = CategoryTranslation.objects.filter(language=language, category_id__in=category_ids)
    rows = products.annotate(
        kind=Value("product", CharField()),
        text=Coalesce("description_text", Value("", TextField())),
    ).values_list("kind", "product_id", *_TEXTS, "description", "text")
    empty = {name: Value("", TextField()) for name in ("description", "text")}
    others = categories.annotate(kind=Value("category", CharField()), **empty).values_list(
        "kind", "category_id", *_TEXTS, *empty
    )
    by_kind = {"product": found.products, "category": found.categories, "image": found.images}
    of_images = [] if images is None else [images]
    for kind, pk, *texts in rows.union(others, *of_images, all=True):
        by_kind[kind][pk] = TranslatedTexts(*texts)
    return found


AllTexts = dict[str, dict[str, Any]]
"""The texts of a product or a category by language and by the names of columns."""


def translations_of(kind: Kind, pk: int) -> AllTexts:
    """Return all texts of a product or category by language, for staff.

    One statement; none in a shop with one language.
    """
    return all_translations(kind, [pk]).get(pk, {})


def all_translations(kind: Kind, pks: Collection[int]) -> dict[int, AllTexts]:
    """Return all texts of products or categories that have any, by their ids.

    The languages are those of the shop, in its order. One statement; none in a shop with one
    language.
    """
    languages, members = list(further_languages()), MEMBERS[kind]
    if not languages or not pks:
        return {}
    rows = MODELS[kind].objects.filter(**{f"{kind}_id__in": pks}, language__in=languages)
    found: dict[int, AllTexts] = {}
    for pk, language, *texts in sorted(
        rows.values_list(f"{kind}_id", "language", *members),
        key=lambda row: languages.index(row[1]),
    ):
        found.setdefault(pk, {})[language] = dict(zip(members, texts, strict=True))
    return found


def text_in(language: str | None, column: str) -> F | Coalesce:
    """Return the expression of a text of categories in a language, for the columns of a query.

    The text of the category itself, without a language, or if it is not translated.
    """
    if language is None or not is_translated(language):
        return F(column)
    rows = CategoryTranslation.objects.filter(category_id=OuterRef("pk"), language=language)
    return Coalesce(NullIf(Subquery(rows.values(column)), Value("", CharField())), F(column))
