"""The translations in requests: texts by the language that they are in."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from catalog.limits import CATEGORY_NAME_LENGTH, SEO_DESCRIPTION_LENGTH, SEO_TITLE_LENGTH
from shop.core.fields import LineField, SlugField, StrictStr
from shop.core.language_codes import further_languages, own_language
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer
from shop.core.unknown import unknown_names

TRANSLATIONS_HELP = (
    "The texts in further languages of the shop, by code. Members and languages that are not given "
    "stay; null removes a language."
)


class TranslationsField(serializers.DictField):
    """Texts by the code of a further language of the shop; null removes those of a language."""

    default_error_messages = {
        "not_a_dict": _("Expected an object whose members are languages, such as “de”."),
        "own": _("“{language}” is the language of the shop: please change the texts themselves."),
    }

    def __init__(self, texts: type[RequestSerializer], **kwargs: Any) -> None:
        """``texts`` reads the texts of one language."""
        child = texts(allow_null=True, required=False)
        super().__init__(child=child, required=False, **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse other languages than those of ``SHOP_LANGUAGES``."""
        if not isinstance(data, Mapping):
            self.fail("not_a_dict", input_type=type(data).__name__)
        known, own = further_languages(), own_language()
        if data.keys() <= set(known):
            return dict(super().to_internal_value(dict(data)))
        errors: dict[str, Any] = unknown_names("member", data.keys() - {own}, known)
        if own in data:
            message = self.error_messages["own"].format(language=own)
            errors[own] = [ErrorDetail(message, "invalid")]
        raise ValidationError(errors)


class CategoryTranslationSerializer(serializers.Serializer[Any]):
    """The texts of a category in a further language; empty ones are those of the category."""

    name = serializers.CharField()
    slug = serializers.CharField()
    seo_title = serializers.CharField()
    seo_description = serializers.CharField()


class ProductTranslationSerializer(CategoryTranslationSerializer):
    """The texts of a product in a further language; empty ones are those of the product."""

    description = serializers.CharField()


@extend_schema_serializer(examples=[example({"name": "Teekannen", "slug": "teekannen"})])
class CategoryTextsSerializer(RequestSerializer):
    """The texts of a category in a further language. Empty ones are those of the category."""

    name = LineField(max_length=CATEGORY_NAME_LENGTH, required=False, allow_blank=True)
    slug = SlugField(
        max_length=CATEGORY_NAME_LENGTH,
        required=False,
        allow_blank=True,
        help_text="The default is made from the name.",
    )
    seo_title = LineField(max_length=SEO_TITLE_LENGTH, required=False, allow_blank=True)
    seo_description = StrictStr(max_length=SEO_DESCRIPTION_LENGTH, required=False, allow_blank=True)
