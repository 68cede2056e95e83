"""The names of attributes, options and their values in a language of the shop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Value

from catalog import revision
from catalog.attributes.models import Attribute
from catalog.options.models import OptionTranslation
from catalog.options.services import fold_option
from shop.core.language_codes import is_translated

_Rows = Mapping[str, Mapping[str, Any]]
"""Translations by the slug of an attribute, or by the folded name of an option."""


@dataclass(frozen=True, slots=True)
class CatalogTexts:
    """The texts of attributes and options in one language. What is not translated stays."""

    language: str = ""
    attributes: _Rows = field(default_factory=dict)
    options: _Rows = field(default_factory=dict)

    def attribute(self, slug: str, name: str) -> str:
        """Return the name of an attribute."""
        return str(self._of(self.attributes, slug).get("name", name))

    def choice(self, slug: str, value: Any) -> Any:
        """Return a value of an attribute. Only texts are translated."""
        if not isinstance(value, str):
            return value
        return self._of(self.attributes, slug).get("choices", {}).get(value, value)

    def option(self, name: str) -> str:
        """Return the name of an option."""
        return str(self._option(name).get("name", name))

    def value(self, name: str, value: str) -> str:
        """Return a value of the option with a name."""
        if not self.options:
            return value
        return str(self._option(name).get("values", {}).get(fold_option(value), value))

    def choices_of(self, options: Mapping[str, str]) -> dict[str, str]:
        """Return values of options by name, such as those of a variant, translated."""
        if not self.options:
            return dict(options)
        return {self.option(name): self.value(name, value) for name, value in options.items()}

    def _option(self, name: str) -> Mapping[str, Any]:
        return self._of(self.options, fold_option(name)) if self.options else {}

    def _of(self, rows: _Rows, key: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = rows.get(key, {}).get(self.language, {})
        return found


OWN_TEXTS = CatalogTexts()
"""The texts as they are, in the shop's own language."""


def texts_in(language: str, revision_now: str | None) -> CatalogTexts:
    """Return the texts in a language of the shop. ``revision_now`` is the catalog's revision.

    No statement for the shop's own language; for another one, a statement if the translations are
    not cached.
    """
    if not language or not is_translated(language):
        return OWN_TEXTS
    attributes, options = revision.cached_values.get_or_put(
        "translations of attributes and options", revision_now, _read
    )
    return CatalogTexts(language, attributes, options)


def _read() -> tuple[_Rows, _Rows]:
    """Return the translations of attributes and of options."""
    attributes = Attribute.objects.order_by().exclude(translations={})
    options = OptionTranslation.objects.order_by().exclude(translations={})
    rows = attributes.values_list(Value(0), F("slug"), F("translations")).union(
        options.values_list(Value(1), F("key"), F("translations")), all=True
    )
    found: tuple[dict[str, Any], dict[str, Any]] = {}, {}
    for kind, key, translations in rows:
        found[kind][key] = translations
    for each in found[1].values():
        for texts in each.values():
            values = texts.get("values", {})
            texts["values"] = {fold_option(value): text for value, text in values.items()}
    return found
