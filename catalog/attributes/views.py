"""The endpoints of attributes: cached public reads, which clients need for filters, and writes."""

from functools import partial
from typing import Any

from django.http.response import HttpResponseBase
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
from catalog.permissions import sees_all
from catalog.responses import CachedResponseViewSet, public_response
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.shop_languages import LANGUAGE, shop_language_of
from shop.core.viewsets import read


class AttributeViewSet(CachedResponseViewSet):
    """Attributes that products may have."""

    queryset = Attribute.objects.none()
    serializer_class = AttributeSerializer
    in_languages = True
    plural = "attributes"
    permissions = {
        "create": "catalog.add_attribute",
        "partial_update": "catalog.change_attribute",
        "destroy": "catalog.delete_attribute",
    }

    def get_queryset(self) -> AttributeQuerySet:
        """Return the attributes that the user may see, oldest first."""
        return Attribute.objects.visible_to(self.request.user).order_by("pk")

    @describe(
        "List attributes",
        answers={200: AttributeSerializer(many=True)},
        headers=["ETag", "Content-Language"],
        parameters=[LANGUAGE],
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Return a page of attributes, oldest first."""
        language, for_staff = shop_language_of(request), sees_all(request.user, "attribute")
        serialize = partial(serialize_attribute, for_staff=for_staff, language=language)

        def make(_: str | None) -> dict[str, Any]:
            return dict(self.page_of(self.get_queryset(), serialize).data)

        return public_response(request, make, key=request.GET.urlencode(), language=language)

    @describe(
        "Create attribute",
        takes=NewAttributeSerializer,
        answers={201: AttributeSerializer},
        refuses=[SlugTaken],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Create an attribute."""

        def work() -> Response:
            attribute = services.create_attribute(**read(NewAttributeSerializer, request))
            return Response(serialize_attribute(attribute, for_staff=True), status=201)

        return idempotent(request, work)

    @describe(
        "Change attribute",
        takes=AttributeChangesSerializer,
        answers={200: AttributeSerializer},
        refuses=[AttributeNotFound, AttributeInUse, SlugTaken],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the given fields of an attribute."""
        changes = read(AttributeChangesSerializer, request)
        attribute = services.update_attribute(attribute_id=int(pk), **changes)
        return Response(serialize_attribute(attribute, for_staff=True))

    @describe("Delete attribute", answers={204: None}, refuses=[AttributeNotFound, AttributeInUse])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an attribute that no product has."""
        services.delete_attribute(attribute_id=int(pk))
        return Response(status=204)
