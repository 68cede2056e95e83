"""The verbs of the catalog: public reads, kept as bytes; writes by staff."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import revision, services
from catalog.errors import OutOfStock, ProductNotFound, StockLimit
from catalog.models import Product
from catalog.serializers import (
    NewProductSerializer,
    ProductChangesSerializer,
    ProductSerializer,
    StockAdjustmentSerializer,
    show_product,
)
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.renderers import dumps
from shop.core.viewsets import IsStaff, ShopViewSet, read

# Queries that belong to the answer's URL; any other passes the kept answers by.
_KNOWN_QUERY = frozenset({"page", "page_size"})


class ProductViewSet(ShopViewSet):
    """Products: anyone reads what is for sale, staff also the rest, and write."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    plural = "products"

    def get_permissions(self) -> list[Any]:
        """Reads are public, writes are for staff."""
        return [AllowAny() if self.action in {"list", "retrieve"} else IsStaff()]

    def get_queryset(self) -> QuerySet[Product]:
        """What the caller may see, oldest first."""
        return Product.objects.visible_to(self.request.user).order_by("pk")

    @describe("List products", answers={200: ProductSerializer(many=True)}, headers=["ETag"])
    def list(self, request: Request) -> HttpResponseBase:
        """Show a page of what is for sale; to staff also what is not published."""
        return _answer(request, self._list)

    @describe("Retrieve product", answers={200: ProductSerializer}, headers=["ETag"])
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Show one product."""
        return _answer(request, lambda: self._show(self.get_object()))

    @describe("Create product", takes=NewProductSerializer, answers={201: ProductSerializer})
    def create(self, request: Request) -> HttpResponseBase:
        """Create a product, with its initial stock."""

        def work() -> Response:
            form = read(NewProductSerializer, request)
            product = services.create_product(**form, actor=cast("AbstractUser", request.user))
            location = f"{request.path}{product.pk}/"
            return Response(self._show(product), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Change product",
        takes=ProductChangesSerializer,
        answers={200: ProductSerializer},
        refuses=[ProductNotFound],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given."""
        changes = read(ProductChangesSerializer, request)
        return Response(self._show(services.update_product(product_id=int(pk), **changes)))

    @describe("Archive product", answers={204: None}, refuses=[ProductNotFound])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a product out of every read, for good; past orders keep it."""
        services.archive_product(product_id=int(pk))
        return Response(status=204)

    @describe(
        "Adjust stock",
        takes=StockAdjustmentSerializer,
        answers={200: ProductSerializer},
        refuses=[ProductNotFound, OutOfStock, StockLimit],
    )
    @action(detail=True, methods=["post"])
    def stock(self, request: Request, pk: str) -> HttpResponseBase:
        """Add pieces or take them away, with a reason."""

        def work() -> Response:
            form = read(StockAdjustmentSerializer, request)
            product = services.adjust_stock(
                product_id=int(pk), actor=cast("AbstractUser", request.user), **form
            )
            return Response(self._show(product))

        return idempotent(request, work)

    def _list(self) -> dict[str, Any]:
        page = self.paginate_queryset(self.get_queryset())
        data: dict[str, Any] = self.get_paginated_response([self._show(p) for p in page or ()]).data
        return data

    def _show(self, product: Product) -> dict[str, Any]:
        return show_product(product, for_staff=self.request.user.is_staff)


def _answer(request: Request, make: Callable[[], dict[str, Any]]) -> HttpResponseBase:
    """Answer a public read, from bytes where they are kept; what staff see is made anew.

    The anonymous get an ETag. Nobody else may keep a signed-in caller's answer (``no-store``).
    """
    if request.user.is_staff:
        response: HttpResponseBase = Response(make())
    else:
        response = _answer_public(request, make)
    response["Vary"] = "Authorization"
    return response


def _answer_public(request: Request, make: Callable[[], dict[str, Any]]) -> HttpResponse:
    revision_now = revision.current()
    url = request.build_absolute_uri() if _KNOWN_QUERY.issuperset(request.GET) else None
    body = revision.recall(url, revision_now) if url else None
    if body is None:
        body = dumps(make())
        if url:
            revision.keep(url, revision_now, body)
    if request.user.is_authenticated:
        return HttpResponse(body, content_type="application/json")
    headers = {"ETag": f'"{revision_now}"', "Cache-Control": "no-cache"}
    if _matches(request, headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


def _matches(request: Request, etag: str) -> bool:
    """Compare weakly, as RFC 9110 has it for If-None-Match."""
    wanted = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in wanted or etag in {tag.removeprefix("W/") for tag in wanted}
