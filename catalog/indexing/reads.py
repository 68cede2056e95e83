"""Reads the texts of products, of which the full-text index has the words."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from django.db.models.functions import Coalesce

from catalog.attributes.models import ProductAttribute
from catalog.categories.models import CategoryLink
from catalog.indexing.documents import Document, make_document
from catalog.products.models import Product
from catalog.translations.models import CategoryTranslation, ProductTranslation
from shop.core.language_codes import further_languages

Documents = dict[tuple[int, str], Document]
"""Documents by the id of the product and the language, which is "" for the product's own texts."""


_Translations = dict[str, tuple[str, str]]
"""The name and the description of a product by language."""


class _Texts(NamedTuple):
    """The texts of a product itself."""

    pk: int
    name: str
    keywords: str
    category_id: int | None
    description: str


class _Category(NamedTuple):
    """The name of a category, and its translations by language."""

    name: str
    translations: dict[str, str]


def read_documents(pks: list[int]) -> Documents:
    """Read the products, and return their words, without variants and archived products.

    Three statements, with further languages of the shop two more.
    """
    products = Product.objects.filter(pk__in=pks).not_archived().listed()
    rows = products.values_list(
        "pk", "name", "keywords", "category_id", Coalesce("description_text", "description")
    )
    found = [_Texts(*row) for row in rows]
    languages = further_languages()
    categories = _categories({row.category_id for row in found if row.category_id}, languages)
    attributes = _attribute_words([row.pk for row in found])
    translations = _translations([row.pk for row in found], languages)
    return {
        (row.pk, language): document
        for row in found
        for language, document in _documents(
            row,
            categories.get(row.category_id, []),
            attributes.get(row.pk, []),
            translations.get(row.pk, {}),
        )
    }


def _documents(
    row: _Texts,
    categories: list[_Category],
    attributes: list[str],
    translations: _Translations,
) -> Iterator[tuple[str, Document]]:
    """Yield the document of each language in which the product or its categories have texts."""
    languages = set(translations)
    for category in categories:
        languages |= category.translations.keys()
    for language in ("", *sorted(languages)):
        name, description = translations.get(language, ("", ""))
        names = [each.translations.get(language) or each.name for each in categories]
        yield (
            language,
            make_document(
                name or row.name,
                row.keywords,
                " ".join((*names, *attributes)),
                description or row.description,
            ),
        )


def _categories(
    pks: Collection[int], languages: Collection[str]
) -> dict[int | None, list[_Category]]:
    """Return categories with their ancestors, by id. At most two statements."""
    found: dict[int | None, list[_Category]] = defaultdict(list)
    if not pks:
        return found
    links = CategoryLink.objects.filter(category_id__in=pks).order_by("pk")
    rows = list(links.values_list("category_id", "above_id", "above__name"))
    translated: dict[int, dict[str, str]] = defaultdict(dict)
    if languages:
        texts = CategoryTranslation.objects.filter(
            category_id__in={above for _, above, _ in rows}, language__in=languages
        )
        for above, language, name in texts.values_list("category_id", "language", "name"):
            translated[above][language] = name
    for pk, above, name in rows:
        found[pk].append(_Category(name, translated[above]))
    return found


def _translations(pks: Sequence[int], languages: Collection[str]) -> dict[int, _Translations]:
    """Return the translations of products, by id. One statement, or none."""
    found: dict[int, _Translations] = defaultdict(dict)
    if languages:
        rows = ProductTranslation.objects.filter(product_id__in=pks, language__in=languages)
        text = Coalesce("description_text", "description")
        for pk, language, *texts in rows.values_list("product_id", "language", "name", text):
            found[pk][language] = (texts[0], texts[1])
    return found


def _attribute_words(pks: Sequence[int]) -> dict[int, list[str]]:
    """Return the values of attributes of products, by id. One statement."""
    words = defaultdict(list)
    values = ProductAttribute.objects.filter(product_id__in=pks).order_by("pk")
    for pk, name, text, number, boolean in values.values_list(
        "product_id", "attribute__name", "text", "number", "boolean"
    ):
        if text is not None:
            words[pk].append(text)
        elif number is not None:
            words[pk].append(f"{number.normalize():f} {name}")
        elif boolean:
            words[pk].append(name)
    return words
