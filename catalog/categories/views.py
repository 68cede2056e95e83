"""The endpoints of categories: public reads, with one statement each, and writes for staff."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.categories import services
from catalog.categories.errors import (
    CategoryCycle,
    CategoryInUse,
    CategoryNotFound,
    CategoryTooDeep,
)
from catalog.categories.models import Category
from catalog.categories.serializers import (
    CategoryChangesSerializer,
    CategorySerializer,
    CategoryTreeSerializer,
    NewCategorySerializer,
    serialize_category,
    serialize_tree,
)
from catalog.categories.tree import Node, Tree, read_tree
from catalog.errors import SlugTaken
from catalog.json_ld import INCLUDE, JSON_LD, json_ld_of_category, wants_json_ld
from catalog.responses import PublicReadViewSet, public_response
from catalog.slugs.services import earlier_owners, owners_in_any_language
from catalog.slugs.views import OnlyReadBySlug, moved_to
from catalog.translations.reads import translations_of
from shop.core.idempotency import idempotent
from shop.core.language_codes import further_languages, own_language
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.shop_languages import LANGUAGE, shop_language_of
from shop.core.slugs import is_slug, normalize_slug
from shop.core.viewsets import read


class CategoryViewSet(PublicReadViewSet):
    """Categories. Everyone may read published ones; staff read all of them, and write."""

    queryset = Category.objects.none()
    serializer_class = CategorySerializer
    pagination_class = None
    plural = "categories"
    permissions = {
        "create": "catalog.add_category",
        "partial_update": "catalog.change_category",
        "destroy": "catalog.delete_category",
    }

    @describe(
        "List categories",
        answers={200: CategoryTreeSerializer},
        headers=["ETag", "Content-Language"],
        parameters=[LANGUAGE],
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Return the whole tree. Staff also see unpublished categories."""
        language = shop_language_of(request)
        tree = read_tree(request.user, language)
        return _response(request, tree, lambda _: serialize_tree(tree), language)

    @describe(
        "Retrieve category",
        answers={200: CategorySerializer, 301: None},
        refuses=[CategoryNotFound],
        headers=["ETag", "Content-Language"],
        parameters=[INCLUDE, LANGUAGE],
        by_slug=True,
    )
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Return a category with its ancestors and descendants. A number is an id.

        A slug in any language of the shop is found; the response is in the one that was asked for.
        An earlier slug, or a slug in another spelling, is redirected to the present one (301).
        """
        language = shop_language_of(request)
        tree = read_tree(request.user, language)
        return _category_response(request, tree, tree.nodes.get(int(pk)), language)

    @describe(
        "Create category",
        takes=NewCategorySerializer,
        answers={201: CategorySerializer},
        refuses=[CategoryNotFound, CategoryTooDeep, SlugTaken],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Create a category, at the root or below another."""

        def work() -> Response:
            category = services.create_category(**read(NewCategorySerializer, request))
            location = f"{request.path}{category.pk}/"
            return Response(_written(category, request), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Change category",
        takes=CategoryChangesSerializer,
        answers={200: CategorySerializer},
        refuses=[CategoryNotFound, CategoryCycle, CategoryTooDeep, SlugTaken],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the given fields. A new `parent_id` moves the category with its descendants."""
        changes = read(CategoryChangesSerializer, request)
        category = services.update_category(category_id=int(pk), **changes)
        return Response(_written(category, request))

    @describe("Delete category", answers={204: None}, refuses=[CategoryNotFound, CategoryInUse])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an empty category."""
        services.delete_category(category_id=int(pk))
        return Response(status=204)


class CategoryBySlugViewSet(OnlyReadBySlug):
    """A category by its slug. Documented with ``CategoryViewSet.retrieve``."""

    queryset = Category.objects.none()

    @extend_schema(exclude=True)
    @describe(
        "Retrieve category by slug",
        answers={200: CategorySerializer},
        parameters=[INCLUDE, LANGUAGE],
    )
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        """Return a category, or the address under its present slug (301)."""
        language, stored = shop_language_of(request), normalize_slug(slug)
        tree = read_tree(request.user, language)
        node = next((n for n in tree.nodes.values() if stored in {n.own_slug, n.slug}), None)
        if node is None and is_slug(stored):
            node = tree.nodes.get(owners_in_any_language("category", [stored]).get(stored, 0))
        if node is None and is_slug(stored):
            node = tree.nodes.get(earlier_owners("category", [stored]).get(stored, 0))
            stored = node.own_slug if node else stored
        if node is not None and stored != slug:
            return moved_to(request, slug, stored)
        return _category_response(request, tree, node, language)


def _category_response(
    request: Request, tree: Tree, node: Node | None, language: str
) -> HttpResponseBase:
    """Return the response about a category. Raises CategoryNotFound without one."""
    if node is None:
        raise CategoryNotFound
    includes = wants_json_ld(request.query_params)

    def make(_: str | None) -> dict[str, Any]:
        body = _body(node, request, language)
        if includes:
            origin = origin_of(request)
            body[JSON_LD] = json_ld_of_category(body, origin=origin, language=language)
        return body

    return _response(request, tree, make, language, key=JSON_LD if includes else "")


def _response(
    request: Request,
    tree: Tree,
    make: Callable[[str | None], dict[str, Any]],
    language: str,
    *,
    key: str = "",
) -> HttpResponseBase:
    return public_response(request, make, key=key, revision_read=tree.revision, language=language)


def _written(category: Category, request: Request) -> dict[str, Any]:
    node = read_tree(request.user).nodes[category.pk]
    return _body(node, request, own_language())


def _body(node: Node, request: Request, language: str) -> dict[str, Any]:
    body = serialize_category(node, origin=origin_of(request), language=language)
    if node.for_staff and further_languages():
        body["translations"] = translations_of("category", node.id)
    return body
