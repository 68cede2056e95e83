"""Cells with translations: the column ``name:de`` has the German names."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from catalog.attributes.models import ATTRIBUTE_MEMBERS
from catalog.collections.models import COLLECTION_MEMBERS
from catalog.exchange.imports.rows import Findings, Kind, Row
from catalog.exchange.imports.texts import line, slug, text
from catalog.exchange.imports.values import CATEGORY, PRODUCT, Field, json_object, read_cells
from catalog.images.models import IMAGE_MEMBERS
from catalog.limits import CATEGORY_NAME_LENGTH, PRODUCT_NAME_LENGTH
from catalog.options.models import OPTION_MEMBERS
from catalog.translations.services import Translations
from shop.core.language_codes import PATTERN, further_languages, own_language
from shop.core.slugs import fold_name
from shop.core.translations import Members, clean_translations

SEPARATOR = ":"
_CODE = re.compile(PATTERN, re.ASCII)


def _fields(length: int, others: Mapping[str, Field], names: Sequence[str]) -> dict[str, Field]:
    """Return the conversions of a name of at most ``length`` characters, its slug and others."""
    return {
        "name": Field(line(length), "", optional=True),
        "slug": Field(slug(length), "", optional=True),
        **{name: others[name] for name in names},
    }


def _short(members: Members) -> dict[str, Field]:
    """Return the conversions of the members of a row that has its translations in one column."""
    return {
        name: Field(json_object, {}, optional=True)
        if member.max_texts
        else Field(text(member.max_length), "", optional=True)
        for name, member in members.items()
    }


_SEO = ("seo_title", "seo_description")
FIELDS: Mapping[Kind, Mapping[str, Field]] = {
    Kind.PRODUCT: _fields(PRODUCT_NAME_LENGTH, PRODUCT, ("description", *_SEO)),
    Kind.CATEGORY: _fields(CATEGORY_NAME_LENGTH, CATEGORY, _SEO),
    Kind.COLLECTION: _short(COLLECTION_MEMBERS),
    Kind.ATTRIBUTE: _short(ATTRIBUTE_MEMBERS),
    Kind.OPTION: _short(OPTION_MEMBERS),
    Kind.IMAGE: _short(IMAGE_MEMBERS),
}
"""The texts that can be translated, by the kind of a row."""
_TEXTS = tuple(dict.fromkeys(name for fields in FIELDS.values() for name in fields))
_SEVERAL = frozenset({"choices", "values"})
"""Those that are objects of texts by the original text."""


def translated_columns() -> list[str]:
    """Return the columns of all texts in the further languages of the shop."""
    return [f"{name}{SEPARATOR}{language}" for language in further_languages() for name in _TEXTS]


def translated_column(title: str) -> str:
    """Return the column that a title such as "Name:DE" means, or "".

    In the shop's own language it is that of the text itself.
    """
    name, language = _parts(title)
    if name not in _TEXTS:
        return ""
    if language == own_language():
        return name
    return f"{name}{SEPARATOR}{language}" if language in further_languages() else ""


def is_translation(kind: Kind, column: str) -> bool:
    """Return whether rows of a kind have a column with translations."""
    return SEPARATOR in column and column.partition(SEPARATOR)[0] in FIELDS.get(kind, ())


def has_several_texts(column: str) -> bool:
    """Return whether a column with translations has an object of texts by the original text."""
    return column.partition(SEPARATOR)[0] in _SEVERAL and SEPARATOR in column


def remedy_of(title: str) -> str:
    """Return what to do so that a column is read, or "" if it has no translations."""
    name, language = _parts(title.rpartition(".")[2])
    if name not in _TEXTS or not _CODE.fullmatch(language) or language in further_languages():
        return ""
    return f" (the shop has no language {language}; add it to SHOP_LANGUAGES)"


def read_translations(row: Row, found: Findings) -> dict[str, dict[str, Any]]:
    """Return the texts of a row by language, and add to ``found``."""
    fields = FIELDS[row.kind]
    columns = [column for column in row.cells if is_translation(row.kind, column)]
    if not columns:
        return {}
    texts: dict[str, dict[str, Any]] = {}
    names = {column: column.partition(SEPARATOR) for column in columns}
    read = read_cells(row, {column: fields[names[column][0]] for column in columns}, found)
    for column, value in read.items():
        name, _, language = names[column]
        texts.setdefault(language, {})[name] = value
    return texts


def read_short_translations(
    row: Row, members: Members, found: Findings
) -> dict[str, dict[str, Any]]:
    """Return the texts of a row that has its translations in one column, and add to ``found``."""
    texts = read_translations(row, found)
    try:
        clean_translations(texts, members)
    except ValidationError as error:
        reason = f"{' '.join(error.messages)} The translations were left out."
        found.warnings.append(row.error("translations", reason))
        return {}
    return texts


def merged_translations(
    given: Mapping[str, Mapping[str, Any]], existing: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return the existing texts with those of a row instead, without empty ones."""
    merged = {}
    for language in {**existing, **given}:
        texts = {**existing.get(language, {}), **given.get(language, {})}
        if left := {name: text for name, text in texts.items() if text}:
            merged[language] = left
    return merged


def changed_translations(
    given: Mapping[str, Mapping[str, Any]], existing: Mapping[str, Mapping[str, Any]]
) -> Translations:
    """Return the texts of a row that differ from the existing ones, by language.

    An empty slug is ignored, because it is made from the name. A language of which no text is left
    is removed.
    """
    changes: dict[str, Mapping[str, Any] | None] = {}
    for language, cells in given.items():
        before = existing.get(language, {})
        texts = {name: text for name, text in cells.items() if text or name != "slug"}
        left = {**before, **texts, "slug": cells.get("slug", before.get("slug"))}
        if before and not any(left.values()):
            changes[language] = None
        elif changed := {n: text for n, text in texts.items() if text != before.get(n, "")}:
            changes[language] = changed
    return changes


def _parts(title: str) -> tuple[str, str]:
    name, _, language = title.partition(SEPARATOR)
    return fold_name(name).replace(" ", "_"), language.strip().lower().replace("_", "-")
