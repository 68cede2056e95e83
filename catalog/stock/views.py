"""The endpoints of stock, which are part of the viewset of products."""

from typing import Any, cast

from django.contrib.auth.models import AbstractUser
from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.errors import OutOfStock, ProductNotFound, VariantRequired
from catalog.products.models import Product, sees_all_products
from catalog.products.serializers.responses import ProductSerializer
from catalog.stock.errors import StockLimit
from catalog.stock.models import StockMovement
from catalog.stock.serializers import (
    LowStockSerializer,
    StockAdjustmentSerializer,
    StockMovementSerializer,
    serialize_movement,
)
from catalog.stock.services import adjust_stock
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.pagination import ShopPagination
from shop.core.viewsets import ShopViewSet, read

STOCK_PERMISSIONS = {
    "stock": "catalog.change_product",
    "stock_history": "catalog.view_stockmovement",
    "low_stock": "catalog.view_product",
}


class StockActions(ShopViewSet):
    """The actions that adjust stock, list stock movements, and list products with low stock."""

    def product_body(self, product_id: int) -> dict[str, Any]:
        """Return the response body of a product. ``ProductViewSet`` implements it."""
        raise NotImplementedError

    @describe(
        "Adjust stock",
        takes=StockAdjustmentSerializer,
        answers={200: ProductSerializer},
        refuses=[ProductNotFound, VariantRequired, OutOfStock, StockLimit],
    )
    @action(detail=True, methods=["post"], pagination_class=ShopPagination)
    def stock(self, request: Request, pk: str) -> HttpResponseBase:
        """Add or remove units, with a reason."""

        def work() -> Response:
            form = read(StockAdjustmentSerializer, request)
            adjust_stock(product_id=int(pk), actor=cast("AbstractUser", request.user), **form)
            return Response(self.product_body(int(pk)))

        return idempotent(request, work)

    @describe(
        "List stock movements",
        answers={200: StockMovementSerializer(many=True)},
        refuses=[ProductNotFound],
        plural="movements",
    )
    @stock.mapping.get
    def stock_history(self, request: Request, pk: str) -> Response:
        """Return a page of a product's stock movements, newest first."""
        if not _may_see(request, pk):
            raise ProductNotFound
        movements = StockMovement.objects.visible_to(request.user).filter(product_id=pk)
        movements = movements.select_related("actor").order_by("-pk")
        return self.page_of(movements, serialize_movement)

    @describe("List low stock", answers={200: LowStockSerializer(many=True)})
    @action(detail=False, url_path="low-stock", pagination_class=ShopPagination)
    def low_stock(self, request: Request) -> Response:
        """Return a page of products and variants whose stock is at its threshold or below."""
        products = Product.objects.visible_to(request.user).low_in_stock().order_by("pk")
        page = self.paginate_queryset(products)
        return self.get_paginated_response(LowStockSerializer(page, many=True).data)


def _may_see(request: Request, product_id: str) -> bool:
    """Return whether the caller may see a product. Archived ones keep their movements."""
    products = Product.objects.all()
    if not sees_all_products(request.user):
        products = products.visible_to(request.user)
    return products.filter(pk=product_id).exists()
