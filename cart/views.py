"""Endpoints of the caller's open cart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from cart import services
from cart.changes import change_cart
from cart.errors import (
    CartFull,
    CartTokenInvalid,
    GuestCartNotOpen,
    ItemNotFound,
    NoOpenCart,
    QuantityLimit,
)
from cart.guests import HEADER, Buyer, buyer_of, find_buyer, guest_without_cart
from cart.merging import merge_cart
from cart.priced import view_cart
from cart.serializers.bodies import serialize_added, serialize_cart, serialize_merged
from cart.serializers.requests import (
    AddItemSerializer,
    CartChangesSerializer,
    QuantitySerializer,
)
from cart.serializers.responses import AddedSerializer, CartSerializer, OpenedCartSerializer
from cart.throttles import check_codes, count_new_cart, count_unknown_codes
from catalog.errors import OutOfStock, ProductNotFound, VariantRequired
from shop.core.errors import TooManyRequests, Unauthorized
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.query import Parameter, one_of, read_parameters
from shop.core.renderers import respond
from shop.core.shop_languages import LANGUAGE, declare
from shop.core.viewsets import ID, ShopViewSet, read

EXPLAIN = Parameter(
    "explain",
    {"type": "string", "enum": ["1"]},
    "`1` adds `explanation`: the steps by which the total came about.",
    read=one_of(["1"]),
)
_GUESTS = [CartTokenInvalid, Unauthorized]
ITEM_ERRORS = [ProductNotFound, VariantRequired, OutOfStock]


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
        parameters=[EXPLAIN, LANGUAGE],
        headers=["Content-Language"],
        audience="buyers",
    )
    def list(self, request: Request) -> HttpResponse:
        """Return the open cart at current prices. Without login and token it is empty."""
        is_explained = bool(request.META.get("QUERY_STRING")) and bool(
            read_parameters(request.query_params, [EXPLAIN])
        )
        cart = view_cart(buyer=find_buyer(request) or guest_without_cart(request))
        response = respond(serialize_cart(cart, request, explained=is_explained))
        return declare(response, request, cart.buyer.language or None)

    @describe(
        "Open cart",
        takes=CartChangesSerializer,
        answers={200: OpenedCartSerializer, 201: OpenedCartSerializer},
        refuses=[*ITEM_ERRORS, CartTokenInvalid, TooManyRequests],
        parameters=[LANGUAGE],
        audience="buyers",
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Open a cart with items and other members, or change those of the open one (200).

        A guest gets a new cart. Its `cart_token` is in this response only.
        """
        return _for_buyer_or_new_guest(request, find_buyer(request), partial(_change, request))

    @describe(
        "Change cart",
        takes=CartChangesSerializer,
        answers={200: CartSerializer},
        refuses=[*ITEM_ERRORS, *_GUESTS, GuestCartNotOpen, TooManyRequests],
        parameters=[LANGUAGE],
        audience="buyers",
    )
    def change(self, request: Request) -> HttpResponse:
        """Change members of the cart. Absent ones do not change, and null clears a member.

        A voucher code that does not apply is in `problems`; the other changes are made.
        """
        buyer = buyer_of(request)
        with _refusing_ordered(buyer):
            return _change(request, buyer)

    @describe(
        "Clear cart",
        answers={204: None},
        refuses=_GUESTS,
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
        refuses=[*ITEM_ERRORS, QuantityLimit, CartFull, TooManyRequests],
        audience="buyers",
    )
    @action(detail=False, methods=["post"])
    def add(self, request: Request) -> HttpResponseBase:
        """Add units of a product to those that are in the cart.

        A guest without a token, or with one that no open cart has, gets a new cart. Its
        `cart_token` is in this response only.
        """

        def work(buyer: Buyer) -> HttpResponse:
            cart = services.add_item(buyer=buyer, **read(AddItemSerializer, request))
            return respond(serialize_added(cart))

        try:
            buyer = find_buyer(request)
        except CartTokenInvalid:
            buyer = None
        return _for_buyer_or_new_guest(request, buyer, work)

    @describe(
        "Merge carts",
        answers={200: CartSerializer},
        refuses=_GUESTS,
        parameters=[LANGUAGE],
        audience="buyers",
    )
    @action(detail=False, methods=["post"])
    def merge(self, request: Request) -> HttpResponseBase:
        """Move the items of the guest cart of `X-Cart-Token` into the cart of the caller.

        The larger quantity of a product counts, and empty members are filled. `problems` says what
        was reduced. The token is invalid afterwards; repeating the request changes nothing. A login
        or registration with the header does the same.
        """
        buyer = buyer_of(request)
        user, token = buyer.user, request.META.get(HEADER, "")
        if user is None:
            raise Unauthorized

        def work() -> HttpResponse:
            cart, reduced = merge_cart(user=user, token=token, language=buyer.language)
            return respond(serialize_merged(cart, reduced, request))

        return idempotent(request, work)

    @describe(
        "Set quantity",
        takes=QuantitySerializer,
        answers={200: CartSerializer},
        refuses=[ItemNotFound, ProductNotFound, OutOfStock, *_GUESTS, GuestCartNotOpen],
        parameters=[LANGUAGE],
        audience="buyers",
    )
    @action(detail=False, methods=["patch"], url_path=f"items/(?P<product_id>{ID})")
    def items(self, request: Request, product_id: str) -> HttpResponse:
        """Set the quantity of an item, and return the cart."""
        buyer = buyer_of(request)
        body = read(QuantitySerializer, request)
        with _refusing_ordered(buyer):
            services.set_quantity(buyer=buyer, product_id=int(product_id), **body)
        return respond(serialize_cart(view_cart(buyer=buyer), request))

    @describe(
        "Remove from cart",
        answers={204: None},
        refuses=[ItemNotFound, *_GUESTS, GuestCartNotOpen],
        audience="buyers",
    )
    @items.mapping.delete
    def remove_item(self, request: Request, product_id: str) -> Response:
        """Remove an item."""
        buyer = buyer_of(request)
        with _refusing_ordered(buyer):
            services.remove_item(buyer=buyer, product_id=int(product_id))
        return Response(status=204)


@contextmanager
def _refusing_ordered(buyer: Buyer) -> Iterator[None]:
    """Refuse a change of a guest's cart that was ordered, such as by the back button."""
    try:
        yield
    except NoOpenCart:
        raise GuestCartNotOpen(cart_id=buyer.cart_id) from None


def _change(request: Request, buyer: Buyer) -> HttpResponse:
    """Change a cart, or open it (201). Limits the guessing of voucher codes."""
    changes = read(CartChangesSerializer, request)
    if changes.get("voucher_codes"):
        check_codes(request, buyer)
    opened, cart = change_cart(buyer=buyer, changes=changes)
    if changes.get("voucher_codes"):
        count_unknown_codes(request, cart)
    body = serialize_cart(cart, request)
    if not opened.is_new or request.method == "PATCH":
        return respond(body)
    if opened.token is not None:
        body["cart_token"] = opened.token
    return respond(body, status=201, headers={"Location": request.path})


def _for_buyer_or_new_guest(
    request: Request, buyer: Buyer | None, work: Callable[[Buyer], HttpResponse]
) -> HttpResponseBase:
    """Return the response of ``work(buyer)``, which runs once for each idempotency key.

    A guest without an open cart gets a new one. That request is not recorded under its key, since
    its response has a secret, but an invalid key is refused.
    """
    if buyer is not None:
        try:
            return idempotent(request, partial(work, buyer), guest=buyer.guest)
        except NoOpenCart:
            pass

    def open_cart() -> HttpResponse:
        count_new_cart(request)
        return work(guest_without_cart(request))

    return idempotent(request, open_cart)
