"""Endpoints of the notes of an order."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from cart.errors import CartTokenInvalid
from orders import services
from orders.access import access_for, access_of
from orders.errors import OrderTokenInvalid
from orders.models import Order, OrderNote
from orders.serializers.notes import AddNoteSerializer, OrderNoteSerializer, serialize_note
from shop.core.errors import NotFound, Unauthorized
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read


class OrderNoteViewSet(ShopViewSet):
    """Notes of staff about an order. Who may see the order sees the public ones."""

    queryset = OrderNote.objects.none()
    permission_classes = (AllowAny,)
    permissions = {"create": "orders.change_order"}
    serializer_class = OrderNoteSerializer
    plural = "notes"
    token_schemes = ("cart_token", "order_token")

    @describe(
        "List notes",
        answers={200: OrderNoteSerializer(many=True)},
        refuses=[Unauthorized, CartTokenInvalid, OrderTokenInvalid, NotFound],
    )
    def list(self, request: Request, order_id: str) -> Response:
        """Return a page of the notes that the caller may see, oldest first."""
        access = access_of(request, reads=True)
        _check_order(order_id, access)
        notes = OrderNote.objects.visible_to(access.user).filter(order_id=order_id)
        notes = notes.select_related("author").order_by("pk")
        return self.page_of(notes, lambda note: serialize_note(note, access.user))

    @describe(
        "Add note",
        takes=AddNoteSerializer,
        answers={201: OrderNoteSerializer},
        refuses=[NotFound],
    )
    def create(self, request: Request, order_id: str) -> HttpResponseBase:
        """Add a note. It cannot be changed or deleted."""
        author = caller(request)

        body = read(AddNoteSerializer, request)

        def work() -> Response:
            _check_order(order_id, access_for(author))
            note = services.add_note(order_id=int(order_id), author=author, **body)
            return Response(serialize_note(note, author), status=201)

        return idempotent(request, work)


def _check_order(order_id: str, caller: Any) -> None:
    """Raise NotFound unless the caller may see the order."""
    if not Order.objects.visible_to(caller).filter(pk=order_id).exists():
        raise NotFound
