"""The verbs of the catalog: public reads, kept as bytes; writes by staff."""

from typing import Any, cast

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import services
from catalog.errors import CategoryNotFound, OutOfStock, ProductNotFound, StockLimit
from catalog.models import Product
from catalog.serializers.products import (
    NewProductSerializer,
    ProductChangesSerializer,
    ProductSerializer,
    StockAdjustmentSerializer,
    show_product,
)
from catalog.views.answers import answer_public
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, StaffMay, read

_PERMISSIONS = {
    "create": "catalog.add_product",
    "partial_update": "catalog.change_product",
    "stock": "catalog.change_product",
    "destroy": "catalog.delete_product",
}


class ProductViewSet(ShopViewSet):
    """Products: anyone reads what is for sale, staff also the rest, and write."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    plural = "products"

    def get_permissions(self) -> list[Any]:
        """Reads are public, writes are for staff who may."""
        needed = _PERMISSIONS.get(self.action or "")
        return [StaffMay(needed) if needed else AllowAny()]

    def get_queryset(self) -> QuerySet[Product]:
        """What the caller may see, oldest first."""
        return Product.objects.visible_to(self.request.user).shown().order_by("pk")

    @describe("List products", answers={200: ProductSerializer(many=True)}, headers=["ETag"])
    def list(self, request: Request) -> HttpResponseBase:
        """Show a page of what is for sale; to staff also what is not published."""
        return answer_public(request, self._list)

    @describe("Retrieve product", answers={200: ProductSerializer}, headers=["ETag"])
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Show one product."""
        return answer_public(request, lambda: self._show(self.get_object()))

    @describe(
        "Create product",
        takes=NewProductSerializer,
        answers={201: ProductSerializer},
        refuses=[CategoryNotFound],
    )
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
        refuses=[ProductNotFound, CategoryNotFound],
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
