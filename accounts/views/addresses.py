"""The endpoints of the address book."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.auth import caller
from accounts.errors import AddressBookFull
from accounts.models import Address
from accounts.serializers import (
    BookAddressSerializer,
    SavedAddressSerializer,
    serialize_address,
)
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read, validated


class AddressViewSet(ShopViewSet):
    """The addresses that the caller keeps."""

    serializer_class = SavedAddressSerializer
    plural = "addresses"

    def get_queryset(self) -> QuerySet[Address]:
        """Return the caller's own addresses, newest first."""
        return Address.objects.visible_to(caller(self.request)).order_by("-pk")

    @describe("List addresses", answers={200: SavedAddressSerializer(many=True)}, audience="buyers")
    def list(self, request: Request) -> Response:
        """Return a page of the caller's addresses, newest first."""
        return self.page_of(self.get_queryset(), serialize_address)

    @describe("Retrieve address", answers={200: SavedAddressSerializer}, audience="buyers")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one of the caller's addresses."""
        return Response(serialize_address(self.get_object()))

    @describe(
        "Add address",
        takes=BookAddressSerializer,
        answers={201: SavedAddressSerializer},
        refuses=[AddressBookFull],
        audience="buyers",
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Add a complete address. The first one becomes the default for shipping and billing."""

        def work() -> Response:
            values = read(BookAddressSerializer, request)
            address = services.add_address(user=caller(request), values=values)
            location = f"{request.path}{address.pk}/"
            return Response(serialize_address(address), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Change address",
        takes=BookAddressSerializer,
        answers={200: SavedAddressSerializer},
        audience="buyers",
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the given members. The address must be complete afterwards.

        A new default replaces the former one.
        """

        def change(address: Address) -> Mapping[str, Any]:
            return validated(BookAddressSerializer, _merge(address, request.data))

        address = services.change_address(user=caller(request), address_id=int(pk), change=change)
        return Response(serialize_address(address))

    @describe("Delete address", answers={204: None}, audience="buyers")
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an address. Orders keep their copies."""
        services.delete_address(user=caller(request), address_id=int(pk))
        return Response(status=204)


def _merge(address: Address, body: Any) -> Any:
    """Return a body with the stored members that it does not have."""
    if not isinstance(body, Mapping):
        return body
    stored = {name: getattr(address, name) for name in BookAddressSerializer().members}
    return {**stored, **body}
