"""Translations of short texts in one JSON column of their row: ``{"de": {"name": "Ton"}}``.

The column of the text itself is in the shop's own language. A language is a member of the column,
so that a new one needs no migration. What is not translated is shown in the shop's own language.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from shop.core.language_codes import further_languages

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Translations = Mapping[str, Mapping[str, Any]]
"""Texts by language and member. A member may have several texts, by the original text."""


class Member(NamedTuple):
    """A member of a row that can be translated: a text, or up to ``max_texts`` texts."""

    max_length: int
    max_texts: int = 0
    """0 for one text; otherwise the member is an object of texts by the original text."""
    label: "StrOrPromise" = ""
    """What forms call it; empty for its name."""


Members = Mapping[str, Member]


def clean_translations(
    value: object, members: Members, languages: Iterable[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Return translations without empty texts. Raises ValidationError with a sentence.

    ``languages`` are those that are accepted, by default all of the shop except its own.
    """
    if not isinstance(value, Mapping):
        raise ValidationError(_("Translations must be an object whose members are languages."))
    accepted = list(further_languages() if languages is None else languages)
    result = {}
    for language, texts in value.items():
        if language not in accepted:
            raise ValidationError(_unknown_language(language, accepted))
        if found := _clean_language(language, texts, members):
            result[language] = found
    return result


def _unknown_language(language: object, accepted: Sequence[str]) -> str:
    if not accepted:
        return _("The shop has no other language to translate to.")
    return _("The shop does not translate to {language}. Expected one of: {languages}.").format(
        language=str(language)[:20], languages=", ".join(accepted)
    )


def _clean_language(language: str, texts: object, members: Members) -> dict[str, Any]:
    if not isinstance(texts, Mapping):
        raise ValidationError(
            _("The translations to {language} must be an object.").format(language=language)
        )
    result = {}
    for name, value in texts.items():
        if name not in members:
            raise ValidationError(
                _("{name} cannot be translated. Expected one of: {names}.").format(
                    name=str(name)[:50], names=", ".join(members)
                )
            )
        place = f"{language}.{name}"
        if found := _clean_member(place, value, members[name]):
            result[name] = found
    return result


def _clean_member(place: str, value: object, member: Member) -> str | dict[str, str]:
    if not member.max_texts:
        return _clean_text(place, value, member.max_length)
    if not isinstance(value, Mapping):
        raise ValidationError(
            _("{place} must be an object of texts by the original text.").format(place=place)
        )
    if len(value) > member.max_texts:
        raise ValidationError(
            _("{place} may have at most {limit} texts.").format(place=place, limit=member.max_texts)
        )
    texts = {
        _clean_text(place, original, member.max_length): _clean_text(place, text, member.max_length)
        for original, text in value.items()
    }
    return {original: text for original, text in texts.items() if original and text}


def _clean_text(place: str, value: object, max_length: int) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("{place} must be a text.").format(place=place))
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError(
            _("{place} contains characters that cannot be stored.").format(place=place)
        )
    text = value.strip()
    if len(text) > max_length:
        raise ValidationError(
            _("{place} may have at most {limit} characters.").format(place=place, limit=max_length)
        )
    return text


def replaced(
    old: Translations, new: Translations, languages: Iterable[str] | None = None
) -> dict[str, Any]:
    """Return new translations, with the old ones to languages that the shop does not have now.

    Such a language may come back to ``SHOP_LANGUAGES``. ``languages`` are those that the new
    translations can have, by default all of the shop except its own.
    """
    known = set(further_languages() if languages is None else languages)
    return {code: texts for code, texts in old.items() if code not in known} | dict(new)


def in_shop_languages(translations: Translations) -> dict[str, Any]:
    """Return the translations to further languages that the shop has now, for staff."""
    return {code: translations[code] for code in further_languages() if code in translations}


def translated(translations: Translations, language: str, member: str, default: str) -> str:
    """Return a text in a language, or ``default``, which is in the shop's own language."""
    text = translations.get(language, {}).get(member)
    return text or default


class TranslationsField(models.JSONField):
    """A column of translations. Its default in the database lets older releases insert rows."""

    def __init__(
        self,
        *args: Any,
        members: Members | None = None,
        languages: Callable[[], Mapping[str, str]] = further_languages,
        **kwargs: Any,
    ) -> None:
        """Set the defaults of the column.

        ``members`` are what can be translated, and ``languages`` returns to which languages.
        """
        self.members: Members = members or {}
        self.languages = languages
        super().__init__(*args, **{"default": dict, "db_default": {}, "blank": True, **kwargs})

    def deconstruct(self) -> Any:
        """Describe the field as a JSONField, so that migrations do not import this class."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def validate(self, value: Any, model_instance: Any) -> None:
        """Raise ValidationError for an unknown member, and for a text too long.

        A language may be one that the shop had before. Forms and requests refuse others.
        """
        super().validate(value, model_instance)
        clean_translations(value, self.members, value if isinstance(value, Mapping) else ())

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """Keep the texts in languages for which the form has no inputs."""
        old = getattr(instance, self.attname)
        super().save_form_data(instance, replaced(old, data, self.languages()))

    def formfield(self, **kwargs: Any) -> Any:
        """Return a form field with an input for each language and member."""
        from shop.core.translation_forms import TranslationsFormField  # noqa: PLC0415 - it needs forms only

        return TranslationsFormField(
            members=self.members,
            languages=self.languages(),
            **{"label": "Translations", "help_text": self.help_text, **kwargs},
        )
