"""Request and response bodies of collections."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.collections.models import COLLECTION_MEMBERS, Collection
from catalog.limits import (
    COLLECTION_NAME_LENGTH,
    DESCRIPTION_LENGTH,
    MAX_COLLECTION_PRODUCTS,
    MAX_POSITION,
)
from shop.core.fields import (
    IdField,
    LineField,
    SlugField,
    StrictBool,
    StrictInt,
    StrictList,
    StrictStr,
)
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer
from shop.core.translation_fields import TranslationsField
from shop.core.translations import in_shop_languages, translated

_COLLECTION: dict[str, Any] = {
    "name": "Gifts",
    "slug": "gifts",
    "description": "Small things in a box.",
    "position": 10,
    "is_published": True,
    "rule": {"category": [4], "max_price": "20.00", "in_stock": True},
    "translations": {"de": {"name": "Geschenke"}},
}
_RULE = {
    "type": "object",
    "additionalProperties": True,
    "example": _COLLECTION["rule"],
}


@extend_schema_field(_RULE)
class RuleField(serializers.JSONField):
    """A rule, which the service checks. An empty text is none, as forms send it."""


@extend_schema_serializer(examples=[example({"id": 2, **_COLLECTION})])
class CollectionSerializer(serializers.Serializer[Any]):
    """A collection of products."""

    only_for_staff = ("position", "is_published", "rule", "translations")

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField(help_text="For `GET /api/products/?collection=`.")
    description = serializers.CharField()
    position = serializers.IntegerField(required=False, help_text="Only for staff.")
    is_published = serializers.BooleanField(required=False, help_text="Only for staff.")
    rule = RuleField(
        required=False, allow_null=True, help_text="Only for staff. Null: staff chose the products."
    )
    translations = TranslationsField(required=False, help_text="Only for staff.")


@extend_schema_serializer(examples=[example({"product_ids": [4, 7]})])
class CollectionChangesSerializer(RequestSerializer):
    """The changes of a collection."""

    name = LineField(max_length=COLLECTION_NAME_LENGTH, required=False)
    slug = SlugField(max_length=COLLECTION_NAME_LENGTH, required=False)
    description = StrictStr(max_length=DESCRIPTION_LENGTH, allow_blank=True, required=False)
    position = StrictInt(required=False, min_value=0, max_value=MAX_POSITION)
    is_published = StrictBool(required=False)
    rule = RuleField(
        required=False,
        allow_null=True,
        help_text="The filters of the list of products that select the products: `brand`, "
        "`category`, `tag`, `attr.<slug>` and `option.<name>` with a value or a list, `min_price`, "
        "`max_price`, `in_stock`, `on_sale`. Null: `product_ids` are the products.",
    )
    translations = TranslationsField(
        members=COLLECTION_MEMBERS,
        required=False,
        help_text="`name` and `description` by language. They replace all previous ones.",
    )
    product_ids = StrictList(
        child=IdField(),
        max_length=MAX_COLLECTION_PRODUCTS,
        required=False,
        help_text="All products of a collection without a rule, including their variants.",
    )


@extend_schema_serializer(examples=[example(_COLLECTION)])
class NewCollectionSerializer(CollectionChangesSerializer):
    """A collection to create."""

    name = LineField(max_length=COLLECTION_NAME_LENGTH)
    slug = SlugField(max_length=COLLECTION_NAME_LENGTH)


def serialize_collection(
    collection: Collection, *, for_staff: bool, language: str = ""
) -> dict[str, Any]:
    """Return the response body of a collection, with its texts in a language of the shop."""
    texts, description = collection.translations, collection.description
    body: dict[str, Any] = {
        "id": collection.pk,
        "name": translated(texts, language, "name", collection.name),
        "slug": collection.slug,
        "description": translated(texts, language, "description", description),
    }
    if for_staff:
        body |= {
            "position": collection.position,
            "is_published": collection.is_published,
            "rule": collection.rule,
            "translations": in_shop_languages(texts),
        }
    return body
