"""The verbs of attributes: public reads, for clients that offer filters; writes by staff."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.attributes import services
from catalog.attributes.errors import AttributeInUse, AttributeNotFound
from catalog.attributes.models import Attribute, AttributeQuerySet
from catalog.attributes.serializers import (
    AttributeChangesSerializer,
    AttributeSerializer,
    NewAttributeSerializer,
    serialize_attribute,
)
from catalog.errors import SlugTaken
from catalog.views.answers import KeptAnswersViewSet, answer_public
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import StaffMay, read

_PERMISSIONS = {
    "create": "catalog.add_attribute",
    "partial_update": "catalog.change_attribute",
    "destroy": "catalog.delete_attribute",
}


class AttributeViewSet(KeptAnswersViewSet):
    """Attributes that products may have."""

    queryset = Attribute.objects.none()
    serializer_class = AttributeSerializer
    plural = "attributes"

    def get_permissions(self) -> list[Any]:
        """Reads are public, writes are for staff who may."""
        needed = _PERMISSIONS.get(self.action or "")
        return [StaffMay(needed) if needed else AllowAny()]

    def get_queryset(self) -> AttributeQuerySet:
        """Those that the caller may see, oldest first."""
        return Attribute.objects.visible_to(self.request.user).order_by("pk")

    @describe("List attributes", answers={200: AttributeSerializer(many=True)}, headers=["ETag"])
    def list(self, request: Request) -> HttpResponseBase:
        """Show a page of attributes, oldest first."""

        def make(_: str | None) -> dict[str, Any]:
            page = self.paginate_queryset(self.get_queryset())
            response = self.get_paginated_response([serialize_attribute(row) for row in page or ()])
            return dict(response.data)

        known = {"page", "page_size"}.issuperset(request.GET)
        return answer_public(request, make, request.GET.urlencode() if known else None)

    @describe(
        "Create attribute",
        takes=NewAttributeSerializer,
        answers={201: AttributeSerializer},
        refuses=[SlugTaken],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Define an attribute."""

        def work() -> Response:
            attribute = services.create_attribute(**read(NewAttributeSerializer, request))
            return Response(serialize_attribute(attribute), status=201)

        return idempotent(request, work)

    @describe(
        "Change attribute",
        takes=AttributeChangesSerializer,
        answers={200: AttributeSerializer},
        refuses=[AttributeNotFound, AttributeInUse, SlugTaken],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given; a choice that products have stays."""
        changes = read(AttributeChangesSerializer, request)
        return Response(
            serialize_attribute(services.update_attribute(attribute_id=int(pk), **changes))
        )

    @describe("Delete attribute", answers={204: None}, refuses=[AttributeNotFound, AttributeInUse])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an attribute that no product has."""
        services.delete_attribute(attribute_id=int(pk))
        return Response(status=204)
