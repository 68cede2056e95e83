"""The texts of a product or category in further languages, as fields of its form in the admin."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.http import HttpRequest

from catalog.errors import SlugTaken
from catalog.limits import DESCRIPTION_LENGTH
from catalog.translations.reads import translations_of
from catalog.translations.services import MEMBERS, MODELS, Kind, Translations
from shop.core.errors import InvalidField
from shop.core.language_codes import further_languages
from shop.core.lines import LineField, validate_line

_PREFIX = "translation_"
_HELP = "Where a field is empty, customers see the text above."


def is_translated_field(name: str) -> bool:
    """Return whether a field of a form is a translation."""
    return name.startswith(_PREFIX)


def translated_fieldsets(kind: Kind, request: HttpRequest) -> list[Any]:
    """Return a set of fields for each further language of the shop, for a ModelAdmin."""
    members = MEMBERS[kind]
    return [
        (name, {"fields": [_field_name(code, each) for each in members], "description": _HELP})
        for code, name in _languages_of(request).items()
    ]


class TranslatedFields:
    """The fields of translations in the form of a product or category. Serves one request."""

    def __init__(self, kind: Kind, request: HttpRequest, pk: int | None) -> None:
        """Read the texts of the product or category, if it exists. One statement at most."""
        self.kind: Kind = kind
        self.languages = _languages_of(request)
        self.texts = translations_of(kind, pk) if pk else {}

    def fields(self) -> dict[str, forms.Field]:
        """Return the fields by name."""
        return {
            _field_name(language, member): self._field(language, member)
            for language in self.languages
            for member in MEMBERS[self.kind]
        }

    def changes(self, cleaned: Mapping[str, Any]) -> Translations:
        """Return the texts of a valid form that differ; None for a language without any text."""
        changes: dict[str, Mapping[str, Any] | None] = {}
        for language in self.languages:
            before = self.texts.get(language, {})
            texts = {m: _text(cleaned[_field_name(language, m)]) for m in MEMBERS[self.kind]}
            changed = {m: text for m, text in texts.items() if text != _text(before.get(m))}
            if changed:
                changes[language] = changed if any(texts.values()) else None
        return changes

    def _field(self, language: str, member: str) -> forms.Field:
        column = MODELS[self.kind]._meta.get_field(member)  # noqa: SLF001 - documented by Django
        is_long = member == "description"
        widget = AdminTextareaWidget if is_long else AdminTextInputWidget
        field: forms.Field = column.formfield(
            label=f"{column.verbose_name} ({self.languages[language]})",
            initial=self.texts.get(language, {}).get(member, ""),
            widget=widget(attrs={"lang": language}),
            validators=[validate_line] if isinstance(column, LineField) else [],
            **({"max_length": DESCRIPTION_LENGTH} if is_long else {}),
        )
        field.label = str(field.label)[:1].upper() + str(field.label)[1:]
        return field


@contextmanager
def slugs_explained(changes: Translations) -> Iterator[None]:
    """Let an error about a translated slug name the field of the form instead."""
    try:
        yield
    except SlugTaken as error:
        slug = error.facts["slug"]
        languages = [code for code, texts in changes.items() if (texts or {}).get("slug") == slug]
        if not languages:
            raise
        raise InvalidField(field=_field_name(languages[0], "slug"), reason=error.detail) from None


def _languages_of(request: HttpRequest) -> dict[str, str]:
    """Return the further languages of the shop: of a form that was sent, those that it has."""
    return {
        language: name
        for language, name in further_languages().items()
        if request.method != "POST" or _field_name(language, "name") in request.POST
    }


def _field_name(language: str, member: str) -> str:
    return f"{_PREFIX}{language.replace('-', '_')}_{member}"


def _text(value: str | None) -> str:
    return (value or "").replace("\r\n", "\n")
