"""Endpoints of the caller's open cart."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from cart import services
from cart.errors import CartFull, ItemNotFound, QuantityLimit
from cart.serializers import (
    AddedSerializer,
    AddItemSerializer,
    CartSerializer,
    QuantitySerializer,
    serialize_cart,
)
from catalog.errors import OutOfStock, ProductNotFound, VariantRequired
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ID, ShopViewSet, read


class CartViewSet(ShopViewSet):
    """The caller's open cart. No request reads or changes the cart of another user."""

    serializer_class = CartSerializer
    pagination_class = None

    @describe(
        "View cart",
        answers={200: CartSerializer},
        audience="buyers",
    )
    def list(self, request: Request) -> Response:
        """Return the open cart at current prices."""
        return Response(_response_body(request))

    @describe(
        "Clear cart",
        answers={204: None},
        audience="buyers",
    )
    def clear(self, request: Request) -> Response:
        """Remove all items. The cart stays open and keeps its id."""
        services.clear_cart(user=caller(request))
        return Response(status=204)

    @describe(
        "Add to cart",
        takes=AddItemSerializer,
        answers={200: AddedSerializer},
        refuses=[
            ProductNotFound,
            VariantRequired,
            QuantityLimit,
            OutOfStock,
            CartFull,
        ],
        audience="buyers",
    )
    @action(detail=False, methods=["post"])
    def add(self, request: Request) -> HttpResponseBase:
        """Add units of a product to those that are in the cart."""

        def work() -> Response:
            body = read(AddItemSerializer, request)
            cart_id = services.add_item(user=caller(request), **body)
            return Response({"message": "Added to your cart.", "cart_id": cart_id})

        return idempotent(request, work)

    @describe(
        "Set quantity",
        takes=QuantitySerializer,
        answers={200: CartSerializer},
        refuses=[ItemNotFound, ProductNotFound, OutOfStock],
        audience="buyers",
    )
    @action(detail=False, methods=["patch"], url_path=f"items/(?P<product_id>{ID})")
    def items(self, request: Request, product_id: str) -> Response:
        """Set the quantity of an item, and return the cart."""
        body = read(QuantitySerializer, request)
        services.set_quantity(user=caller(request), product_id=int(product_id), **body)
        return Response(_response_body(request))

    @describe(
        "Remove from cart",
        answers={204: None},
        refuses=[ItemNotFound],
        audience="buyers",
    )
    @items.mapping.delete
    def remove_item(self, request: Request, product_id: str) -> Response:
        """Remove an item."""
        services.remove_item(user=caller(request), product_id=int(product_id))
        return Response(status=204)


def _response_body(request: Request) -> dict[str, Any]:
    return serialize_cart(services.view_cart(user=caller(request)))
