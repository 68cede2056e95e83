"""The form field of translations: an input for each language and member."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from shop.core.translations import Member, Members, clean_translations

_EQUALS = "="
_LONG = 300
"""The length from which a text has an area of several lines."""


class TranslationsWidget(forms.MultiWidget):
    """A labelled input for each language and member."""

    def __init__(self, members: Members, languages: Mapping[str, str]) -> None:
        """Make the inputs, whose names end with language and member."""
        self.places = [(language, name) for language in languages for name in members]
        self.labels = [
            f"{members[name].label or name.replace('_', ' ').capitalize()} ({languages[language]})"
            for language, name in self.places
        ]
        inputs = {
            f"{language}_{name}": _input(members[name], label, language)
            for (language, name), label in zip(self.places, self.labels, strict=True)
        }
        super().__init__(inputs)

    def decompress(self, value: Any) -> list[str]:
        """Return the text of each input."""
        found = value if isinstance(value, Mapping) else {}
        return [
            _write(texts.get(name, "") if isinstance(texts := found.get(language), Mapping) else "")
            for language, name in self.places
        ]

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the inputs, each below its label."""
        context = self.get_context(name, value, attrs)
        parts = [
            format_html(
                '<p class="translation"><label for="{}">{}</label><br>{}</p>',
                sub["attrs"].get("id", ""),
                label,
                self._render(sub["template_name"], {"widget": sub}, renderer),
            )
            for sub, label in zip(context["widget"]["subwidgets"], self.labels, strict=True)
        ]
        return SafeString("".join(parts))


def _input(member: Member, label: str, language: str) -> forms.Widget:
    attrs = {"aria-label": label, "lang": language}
    if member.max_texts or member.max_length > _LONG:
        return AdminTextareaWidget(attrs={**attrs, "rows": 4})
    return AdminTextInputWidget(attrs={**attrs, "maxlength": member.max_length})


def _write(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{original} {_EQUALS} {text}" for original, text in value.items())
    return str(value or "")


class TranslationsFormField(forms.Field):
    """Translations, entered by language and member. Several texts are lines ``original = text``."""

    def __init__(
        self,
        *,
        members: Members,
        languages: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        """``languages`` are names of languages by code."""
        self.members, self.languages = members, languages
        kwargs = {"required": False, "help_text": "", **kwargs}
        super().__init__(**{**kwargs, "widget": TranslationsWidget(members, self.languages)})

    def clean(self, value: Any) -> dict[str, dict[str, Any]]:
        """Return the translations. Raises ValidationError."""
        texts: Sequence[Any] = value or ()
        found: dict[str, dict[str, Any]] = {}
        for (language, name), text in zip(self._places(), texts, strict=False):
            if text and str(text).strip():
                found.setdefault(language, {})[name] = self._read(name, str(text))
        return clean_translations(found, self.members, self.languages)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the entered texts with the initial ones."""
        before = self.widget.decompress(initial)  # type: ignore[attr-defined]
        return [_lines(text) for text in before] != [_lines(text) for text in data or ()]

    def _places(self) -> list[tuple[str, str]]:
        return [(language, name) for language in self.languages for name in self.members]

    def _read(self, name: str, text: str) -> Any:
        if not self.members[name].max_texts:
            return text.replace("\r\n", "\n")
        pairs = [line.partition(_EQUALS) for line in text.splitlines() if line.strip()]
        if wrong := next((original for original, equals, _text in pairs if not equals), None):
            raise ValidationError(
                _("Write each line as text = translation, not as “{line}”.").format(
                    line=wrong.strip()[:50]
                )
            )
        return {original.strip(): translation.strip() for original, _equals, translation in pairs}


def _lines(text: Any) -> str:
    return str(text or "").replace("\r\n", "\n").strip()
