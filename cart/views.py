"""Endpoints of the caller's open cart."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from cart import services
from cart.errors import CartFull, CartTokenInvalid, ItemNotFound, NoOpenCart, QuantityLimit
from cart.guests import NOBODY, Buyer, buyer_of, find_buyer
from cart.serializers import (
    AddedSerializer,
    AddItemSerializer,
    CartSerializer,
    QuantitySerializer,
    serialize_added,
    serialize_cart,
)
from catalog.errors import OutOfStock, ProductNotFound, VariantRequired
from shop.core.errors import Unauthorized
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ID, ShopViewSet, read


class CartViewSet(ShopViewSet):
    """The caller's open cart. No request reads or changes the cart of another buyer.

    The caller is a user, or a guest with the token of a cart.
    """

    permission_classes = (AllowAny,)
    token_schemes = ("cart_token",)
    serializer_class = CartSerializer
    pagination_class = None

    @describe(
        "View cart",
        answers={200: CartSerializer},
        refuses=[CartTokenInvalid],
        audience="buyers",
    )
    def list(self, request: Request) -> Response:
        """Return the open cart at current prices. Without login and token it is empty."""
        return Response(_response_body(find_buyer(request) or NOBODY))

    @describe(
        "Clear cart",
        answers={204: None},
        refuses=[CartTokenInvalid, Unauthorized],
        audience="buyers",
    )
    def clear(self, request: Request) -> Response:
        """Remove all items. The cart stays open and keeps its id."""
        services.clear_cart(buyer=buyer_of(request))
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
        """Add units of a product to those that are in the cart.

        A guest without a token, or with one that no open cart has, gets a new cart. Its
        `cart_token` is in this response only.
        """

        def work(buyer: Buyer) -> Response:
            cart = services.add_item(buyer=buyer, **read(AddItemSerializer, request))
            return Response(serialize_added(cart))

        return _for_buyer_or_new_guest(request, work)

    @describe(
        "Set quantity",
        takes=QuantitySerializer,
        answers={200: CartSerializer},
        refuses=[ItemNotFound, ProductNotFound, OutOfStock, CartTokenInvalid, Unauthorized],
        audience="buyers",
    )
    @action(detail=False, methods=["patch"], url_path=f"items/(?P<product_id>{ID})")
    def items(self, request: Request, product_id: str) -> Response:
        """Set the quantity of an item, and return the cart."""
        buyer = buyer_of(request)
        body = read(QuantitySerializer, request)
        services.set_quantity(buyer=buyer, product_id=int(product_id), **body)
        return Response(_response_body(buyer))

    @describe(
        "Remove from cart",
        answers={204: None},
        refuses=[ItemNotFound, CartTokenInvalid, Unauthorized],
        audience="buyers",
    )
    @items.mapping.delete
    def remove_item(self, request: Request, product_id: str) -> Response:
        """Remove an item."""
        services.remove_item(buyer=buyer_of(request), product_id=int(product_id))
        return Response(status=204)


def _response_body(buyer: Buyer) -> dict[str, Any]:
    return serialize_cart(services.view_cart(buyer=buyer))


def _for_buyer_or_new_guest(
    request: Request, work: Callable[[Buyer], Response]
) -> HttpResponseBase:
    """Return the response of ``work(buyer)``, which runs once for each idempotency key.

    A guest without the token of an open cart gets a new one. That request is not recorded under its
    key, since its response has a secret.
    """
    try:
        buyer = find_buyer(request) or NOBODY
    except CartTokenInvalid:
        buyer = NOBODY
    if buyer is NOBODY:
        return work(NOBODY)
    try:
        return idempotent(request, partial(work, buyer), guest=buyer.guest)
    except NoOpenCart:
        return work(NOBODY)
