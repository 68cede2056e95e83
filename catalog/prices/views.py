"""The endpoints of sales, for staff."""

from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.categories.errors import CategoryNotFound
from catalog.collections.errors import CollectionNotFound
from catalog.errors import ProductNotFound
from catalog.prices import services
from catalog.prices.errors import SaleNotFound, SaleStarted
from catalog.prices.models import Sale
from catalog.prices.serializers import (
    NewSaleSerializer,
    SaleChangesSerializer,
    SaleSerializer,
    serialize_sale,
)
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read


class SaleViewSet(ShopViewSet):
    """Sales, which reduce the prices of products and categories for a limited time."""

    queryset = Sale.objects.none()
    serializer_class = SaleSerializer
    plural = "sales"
    permissions = {
        "list": "catalog.view_sale",
        "retrieve": "catalog.view_sale",
        "create": "catalog.add_sale",
        "partial_update": "catalog.change_sale",
        "destroy": "catalog.delete_sale",
    }

    def get_queryset(self) -> QuerySet[Sale]:
        """Return the sales that the user may see, newest first."""
        sales = Sale.objects.visible_to(self.request.user)
        return sales.prefetch_related("products", "categories", "collections").order_by("-pk")

    @describe("List sales", answers={200: SaleSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Return a page of sales, newest first."""
        return self.page_of(self.get_queryset(), serialize_sale)

    @describe("Retrieve sale", answers={200: SaleSerializer}, refuses=[SaleNotFound])
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one sale."""
        return Response(self._body(int(pk)))

    @describe(
        "Create sale",
        takes=NewSaleSerializer,
        answers={201: SaleSerializer},
        refuses=[ProductNotFound, CategoryNotFound, CollectionNotFound],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Create a sale on products and categories."""

        def work() -> Response:
            sale = services.create_sale(**read(NewSaleSerializer, request))
            location = f"{request.path}{sale.pk}/"
            return Response(self._body(sale.pk), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Change sale",
        takes=SaleChangesSerializer,
        answers={200: SaleSerializer},
        refuses=[
            SaleNotFound,
            SaleStarted,
            ProductNotFound,
            CategoryNotFound,
            CollectionNotFound,
        ],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the given fields. Once a sale has started, only its name and end can change."""
        services.update_sale(sale_id=int(pk), **read(SaleChangesSerializer, request))
        return Response(self._body(int(pk)))

    @describe("End sale", answers={204: None}, refuses=[SaleNotFound, SaleStarted])
    def destroy(self, request: Request, pk: str) -> Response:
        """End a sale now. A sale that has not started is deleted."""
        services.end_sale(sale_id=int(pk))
        return Response(status=204)

    def _body(self, sale_id: int) -> dict[str, Any]:
        sale = self.get_queryset().filter(pk=sale_id).first()
        if sale is None:
            raise SaleNotFound
        return serialize_sale(sale)
