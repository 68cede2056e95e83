"""The form field of translations: an input for each language and member."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.forms.renderers import get_default_renderer
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from shop.core.translations import Member, Members, clean_translations

_EQUALS = "="
Originals = Mapping[str, Callable[[str], Sequence[str]]]
"""What returns the original texts of a member for a language, by the member's name."""

_LONG = 300
"""The length from which a text has an area of several lines."""


class TranslationsWidget(forms.MultiWidget):
    """A labelled input for each language and member."""

    def __init__(
        self, members: Members, languages: Mapping[str, str], originals: Originals
    ) -> None:
        """Make the inputs, whose names end with language and member."""
        self.originals = originals
        self.places = [(language, name) for language in languages for name in members]
        self.labels = [
            f"{members[name].label or name.replace('_', ' ').capitalize()} ({languages[language]})"
            for language, name in self.places
        ]
        inputs: dict[str, forms.Widget | type[forms.Widget]] = {
            f"{language}_{name}": _input(members[name], label, language)
            for (language, name), label in zip(self.places, self.labels, strict=True)
        }
        super().__init__(inputs)

    def decompress(self, value: Any) -> list[str]:
        """Return the text of each input."""
        found = value if isinstance(value, Mapping) else {}
        return [
            self._write(language, name, found.get(language, {}).get(name, ""))
            for language, name in self.places
        ]

    def _write(self, language: str, name: str, value: Any) -> str:
        """Return a text, or lines with all originals, also those that are not translated."""
        if name not in self.originals and not isinstance(value, Mapping):
            return str(value or "")
        known = self.originals[name](language) if name in self.originals else ()
        texts = {**dict.fromkeys(known, ""), **(value or {})}
        return "\n".join(f"{original} {_EQUALS} {text}" for original, text in texts.items())

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the inputs, each below its label."""
        context = self.get_context(name, value, attrs)
        renderer = renderer or get_default_renderer()
        parts = [
            format_html(
                '<p class="translation"><label for="{}">{}</label><br>{}</p>',
                sub["attrs"].get("id", ""),
                label,
                SafeString(renderer.render(sub["template_name"], {"widget": sub})),
            )
            for sub, label in zip(context["widget"]["subwidgets"], self.labels, strict=True)
        ]
        return SafeString("".join(parts))


def _input(member: Member, label: str, language: str) -> forms.Widget:
    attrs = {"aria-label": label, "lang": language}
    if member.max_texts or member.max_length > _LONG:
        return AdminTextareaWidget(attrs={**attrs, "rows": 4})
    return AdminTextInputWidget(attrs={**attrs, "maxlength": member.max_length})


class TranslationsFormField(forms.Field):
    """Translations, entered by language and member. Several texts are lines ``original = text``."""

    def __init__(
        self,
        *,
        members: Members,
        languages: Mapping[str, str],
        originals: Originals | None = None,
        **kwargs: Any,
    ) -> None:
        """``languages`` are names of languages by code.

        ``originals`` return the texts of a member that a language can have translations of.
        """
        self.members, self.languages = members, languages
        kwargs = {"required": False, "help_text": "", **kwargs}
        super().__init__(
            **{**kwargs, "widget": TranslationsWidget(members, languages, originals or {})}
        )

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
        before = self.widget.decompress(initial)
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
