"""The tree of categories: public reads of one statement each; writes by staff."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.permissions import AllowAny
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
from catalog.categories.tree import read_tree
from catalog.errors import SlugTaken
from catalog.views.answers import answer_anew
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, StaffMay, read

_PERMISSIONS = {
    "create": "catalog.add_category",
    "partial_update": "catalog.change_category",
    "destroy": "catalog.delete_category",
}


class CategoryViewSet(ShopViewSet):
    """Categories: anyone reads those that are published, staff also the rest, and write."""

    queryset = Category.objects.none()
    serializer_class = CategorySerializer
    pagination_class = None
    plural = "categories"

    def get_permissions(self) -> list[Any]:
        """Reads are public, writes are for staff who may."""
        needed = _PERMISSIONS.get(self.action or "")
        return [StaffMay(needed) if needed else AllowAny()]

    @describe("List categories", answers={200: CategoryTreeSerializer}, headers=["ETag"])
    def list(self, request: Request) -> HttpResponseBase:
        """Show the whole tree; to staff also what is not published."""
        tree = read_tree(request.user)
        return answer_anew(request, tree.revision, lambda: serialize_tree(tree))

    @describe(
        "Retrieve category",
        answers={200: CategorySerializer},
        refuses=[CategoryNotFound],
        headers=["ETag"],
    )
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Show one category, the way to it, and all below it."""
        tree = read_tree(request.user)
        node = tree.nodes.get(int(pk))
        if node is None:
            raise CategoryNotFound
        return answer_anew(request, tree.revision, lambda: serialize_category(node))

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
            return Response(_body(category, request), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Change category",
        takes=CategoryChangesSerializer,
        answers={200: CategorySerializer},
        refuses=[CategoryNotFound, CategoryCycle, CategoryTooDeep, SlugTaken],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given; a new ``parent_id`` moves it with all below it."""
        changes = read(CategoryChangesSerializer, request)
        return Response(_body(services.update_category(category_id=int(pk), **changes), request))

    @describe("Delete category", answers={204: None}, refuses=[CategoryNotFound, CategoryInUse])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a category that holds nothing."""
        services.delete_category(category_id=int(pk))
        return Response(status=204)


def _body(category: Category, request: Request) -> dict[str, Any]:
    return serialize_category(read_tree(request.user).nodes[category.pk])
