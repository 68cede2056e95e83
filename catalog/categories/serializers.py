"""Request and response bodies of categories."""

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.categories.tree import Node, Tree
from catalog.json_ld import HELP_TEXT
from catalog.limits import (
    CATEGORY_NAME_LENGTH,
    MAX_POSITION,
    SEO_DESCRIPTION_LENGTH,
    SEO_TITLE_LENGTH,
)
from catalog.translations.serializers import (
    TRANSLATIONS_HELP,
    CategoryTextsSerializer,
    CategoryTranslationSerializer,
    TranslationsField,
)
from shop.core.fields import IdField, LineField, SlugField, StrictBool, StrictInt, StrictStr
from shop.core.openapi import example
from shop.core.pages import page_url
from shop.core.serializers import RequestSerializer


class CategoryLinkSerializer(serializers.Serializer[Any]):
    """A category without its place in the tree."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/CategoryNode"}})
class _ChildrenField(serializers.ListField):
    """The children of a category. Its schema is recursive."""


class CategoryNodeSerializer(CategoryLinkSerializer):
    """A category with its descendants."""

    only_for_staff: ClassVar[tuple[str, ...]] = ("position", "is_published")

    children = _ChildrenField()
    position = serializers.IntegerField(required=False, help_text="Only for staff.")
    is_published = serializers.BooleanField(required=False, help_text="Only for staff.")


_LEAF = {"id": 4, "name": "Teapots", "slug": "teapots", "children": []}
_ROOT = {"id": 3, "name": "Kitchen", "slug": "kitchen"}


@extend_schema_serializer(
    many=False, examples=[example({"categories": [_ROOT | {"children": [_LEAF]}]})]
)
class CategoryTreeSerializer(serializers.Serializer[Any]):
    """The whole tree, with siblings in sort order."""

    categories = CategoryNodeSerializer(many=True)


@extend_schema_serializer(
    examples=[
        example(
            _LEAF
            | {
                "parent_id": 3,
                "path": [_ROOT],
                "canonical_url": "https://www.example.com/categories/teapots",
                "seo_title": "Teapots of clay and glass",
                "seo_description": "",
                "is_published": True,
            }
        )
    ]
)
class CategorySerializer(CategoryNodeSerializer):
    """A category with its ancestors and descendants."""

    only_for_staff = (*CategoryNodeSerializer.only_for_staff, "translations")

    parent_id = serializers.IntegerField(allow_null=True)
    path = CategoryLinkSerializer(many=True, help_text="The ancestors, with the root first.")
    canonical_url = serializers.CharField(help_text="The URL of its page in the storefront.")
    seo_title = serializers.CharField(
        help_text="The title of its page for search engines; empty for the name."
    )
    seo_description = serializers.CharField(help_text="What search engines show of its page.")
    json_ld = serializers.CharField(required=False, help_text=HELP_TEXT)
    translations = serializers.DictField(
        child=CategoryTranslationSerializer(),
        required=False,
        help_text="Only for staff, and if the shop has further languages: the texts, by code.",
    )


@extend_schema_serializer(examples=[example({"parent_id": None, "position": 20})])
class CategoryChangesSerializer(RequestSerializer):
    """The changes of a category. If `parent_id` is null, it becomes a root."""

    name = LineField(max_length=CATEGORY_NAME_LENGTH, required=False)
    slug = SlugField(max_length=CATEGORY_NAME_LENGTH, required=False)
    parent_id = IdField(required=False, allow_null=True)
    position = StrictInt(required=False, min_value=0, max_value=MAX_POSITION)
    is_published = StrictBool(required=False)
    seo_title = LineField(max_length=SEO_TITLE_LENGTH, required=False, allow_blank=True)
    seo_description = StrictStr(max_length=SEO_DESCRIPTION_LENGTH, required=False, allow_blank=True)
    translations = TranslationsField(CategoryTextsSerializer, help_text=TRANSLATIONS_HELP)


@extend_schema_serializer(
    examples=[example({"name": "Teapots", "slug": "teapots", "parent_id": 3, "position": 10})]
)
class NewCategorySerializer(CategoryChangesSerializer):
    """A category to create."""

    name = LineField(max_length=CATEGORY_NAME_LENGTH)
    slug = SlugField(max_length=CATEGORY_NAME_LENGTH)


def serialize_tree(tree: Tree) -> dict[str, Any]:
    """Return the response body of the whole tree."""
    return {"categories": [_serialize_node(node) for node in tree.roots]}


def serialize_category(node: Node, *, origin: str, language: str) -> dict[str, Any]:
    """Return the response body of a category. ``origin`` is scheme and host of the request.

    ``language`` is that of the tree, for its canonical URL.
    """
    page = settings.STOREFRONT_PAGES["category"]
    return {
        **_serialize_node(node),
        "parent_id": node.parent.id if node.parent else None,
        "path": [
            serialize_category_link(above.id, above.name, above.slug) for above in node.path()[:-1]
        ],
        "canonical_url": page_url(
            page, origin=origin, slug=node.slug, pk=node.id, language=language
        ),
        "seo_title": node.seo_title,
        "seo_description": node.seo_description,
    }


def serialize_category_link(pk: int, name: str, slug: str) -> dict[str, Any]:
    """Return a category without its place in the tree."""
    return {"id": pk, "name": name, "slug": slug}


def _serialize_node(node: Node) -> dict[str, Any]:
    body = serialize_category_link(node.id, node.name, node.slug)
    if node.for_staff:
        body |= {"position": node.position, "is_published": node.is_published}
    body["children"] = [_serialize_node(child) for child in node.children]
    return body
