"""Shapes of attributes."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.models import Attribute, AttributeKind
from catalog.models.attributes import TEXT_LENGTH
from catalog.serializers.product_forms import DistinctField
from shop.core.fields import SlugField, StrictStr
from shop.core.openapi import example

NAME_LENGTH = 100
MAX_CHOICES = 200

_ATTRIBUTE: dict[str, Any] = {
    "name": "Material",
    "slug": "material",
    "kind": "choice",
    "choices": ["Clay", "Glass"],
}


@extend_schema_serializer(examples=[example({"id": 5, **_ATTRIBUTE})])
class AttributeSerializer(serializers.Serializer[Any]):
    """Something that products may have; its slug is its filter, `?attr.<slug>=`."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()
    kind = serializers.ChoiceField(AttributeKind.choices)
    choices = serializers.ListField(child=serializers.CharField())


@extend_schema_serializer(examples=[example(_ATTRIBUTE)])
class NewAttributeSerializer(serializers.Serializer[Any]):
    """An attribute to define; a choice has choices, and nothing else has."""

    name = StrictStr(max_length=NAME_LENGTH)
    slug = SlugField(max_length=NAME_LENGTH)
    kind = serializers.ChoiceField(AttributeKind.choices)
    choices = DistinctField(
        child=StrictStr(max_length=TEXT_LENGTH), max_length=MAX_CHOICES, required=False
    )


@extend_schema_serializer(examples=[example({"choices": ["Clay", "Glass", "Steel"]})])
class AttributeChangesSerializer(serializers.Serializer[Any]):
    """What to change of an attribute; its kind stays."""

    name = StrictStr(max_length=NAME_LENGTH, required=False)
    slug = SlugField(max_length=NAME_LENGTH, required=False)
    choices = DistinctField(
        child=StrictStr(max_length=TEXT_LENGTH), max_length=MAX_CHOICES, required=False
    )


def show_attribute(attribute: Attribute) -> dict[str, Any]:
    """Return an attribute as its readers see it."""
    return {
        "id": attribute.pk,
        "name": attribute.name,
        "slug": attribute.slug,
        "kind": attribute.kind,
        "choices": attribute.choices,
    }
