"""Request and response bodies of attributes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.attributes.models import ATTRIBUTE_MEMBERS, Attribute, AttributeKind
from catalog.limits import (
    ATTRIBUTE_NAME_LENGTH,
    ATTRIBUTE_TEXT_LENGTH,
    MAX_ATTRIBUTE_CHOICES,
    MAX_ATTRIBUTES,
)
from shop.core.fields import LineField, SlugField, StrictChoice, StrictList
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer
from shop.core.slugs import fold_name
from shop.core.translation_fields import TranslationsField
from shop.core.translations import in_shop_languages, translated

_ATTRIBUTE: dict[str, Any] = {
    "name": "Material",
    "slug": "material",
    "kind": "choice",
    "choices": ["Clay", "Glass"],
    "translations": {"de": {"name": "Material", "choices": {"Clay": "Ton", "Glass": "Glas"}}},
}


class UniqueListField(StrictList):
    """A list of strings without duplicates, ignoring case."""

    default_error_messages = {"twice": _("The list contains {value} twice.")}

    def to_internal_value(self, data: Any) -> list[str]:
        """Reject duplicates."""
        values: list[str] = super().to_internal_value(data)
        seen: set[str] = set()
        for value in values:
            if fold_name(value) in seen:
                self.fail("twice", value=value)
            seen.add(fold_name(value))
        return values


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        "maxProperties": MAX_ATTRIBUTES,
        "example": {"material": "Clay"},
    }
)
class AttributesField(serializers.DictField):
    """Values by the slugs of their attributes. Null removes a value."""

    default_error_messages = {
        "not_a_dict": _("Expected an object whose members are values."),
        "many": _("Send at most {limit} attributes."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Limit the number of values. The service validates each of them."""
        values: dict[str, Any] = super().to_internal_value(data)
        if len(values) > MAX_ATTRIBUTES:
            self.fail("many", limit=MAX_ATTRIBUTES)
        return values


@extend_schema_serializer(examples=[example({"id": 5, **_ATTRIBUTE})])
class AttributeSerializer(serializers.Serializer[Any]):
    """An attribute of products. Its slug is used in the filter `?attr.<slug>=`."""

    only_for_staff = ("translations",)

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()
    kind = serializers.ChoiceField(AttributeKind.choices)
    choices = serializers.ListField(
        child=serializers.CharField(), help_text="As filters take them, in the shop's own language."
    )
    translations = TranslationsField(required=False, help_text="Only for staff.")


@extend_schema_serializer(examples=[example({"choices": ["Clay", "Glass", "Steel"]})])
class AttributeChangesSerializer(RequestSerializer):
    """The changes of an attribute. Its kind cannot change."""

    elsewhere: ClassVar[Mapping[str, Any]] = {"kind": _("The kind of an attribute cannot change.")}

    name = LineField(max_length=ATTRIBUTE_NAME_LENGTH, required=False)
    slug = SlugField(max_length=ATTRIBUTE_NAME_LENGTH, required=False)
    choices = UniqueListField(
        child=LineField(max_length=ATTRIBUTE_TEXT_LENGTH),
        max_length=MAX_ATTRIBUTE_CHOICES,
        required=False,
    )
    translations = TranslationsField(
        members=ATTRIBUTE_MEMBERS,
        required=False,
        help_text="`name`, and `choices` by the choice; all of them, they replace the previous "
        "ones. Of a text attribute, `choices` translate its texts.",
    )


@extend_schema_serializer(examples=[example(_ATTRIBUTE)])
class NewAttributeSerializer(AttributeChangesSerializer):
    """An attribute to create. Only attributes of the kind `choice` have choices."""

    elsewhere: ClassVar[Mapping[str, Any]] = {}

    name = LineField(max_length=ATTRIBUTE_NAME_LENGTH)
    slug = SlugField(max_length=ATTRIBUTE_NAME_LENGTH)
    kind = StrictChoice(AttributeKind.choices)


def serialize_attribute(
    attribute: Attribute, *, for_staff: bool, language: str = ""
) -> dict[str, Any]:
    """Return the response body of an attribute, with its name in a language of the shop."""
    body: dict[str, Any] = {
        "id": attribute.pk,
        "name": translated(attribute.translations, language, "name", attribute.name),
        "slug": attribute.slug,
        "kind": attribute.kind,
        "choices": attribute.choices,
    }
    return body | {"translations": in_shop_languages(attribute.translations)} if for_staff else body
