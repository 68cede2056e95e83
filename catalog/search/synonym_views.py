"""The endpoints of synonyms, for staff."""

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.search import services
from catalog.search.errors import SynonymNotFound
from catalog.search.models import Synonym, SynonymQuerySet
from catalog.search.synonym_serializers import (
    NewSynonymSerializer,
    SynonymSerializer,
    serialize_synonym,
)
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read


class SynonymViewSet(ShopViewSet):
    """Groups of words that searches treat as the same."""

    queryset = Synonym.objects.none()
    serializer_class = SynonymSerializer
    plural = "synonyms"
    permissions = {
        "list": "catalog.view_synonym",
        "retrieve": "catalog.view_synonym",
        "create": "catalog.add_synonym",
        "partial_update": "catalog.change_synonym",
        "destroy": "catalog.delete_synonym",
    }

    def get_queryset(self) -> SynonymQuerySet:
        """Return the groups that the user may see, sorted by their words."""
        return Synonym.objects.visible_to(self.request.user).order_by("words", "pk")

    @describe("List synonyms", answers={200: SynonymSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Return a page of groups of words, sorted by their words."""
        return self.page_of(self.get_queryset(), serialize_synonym)

    @describe("Retrieve synonyms", answers={200: SynonymSerializer}, refuses=[SynonymNotFound])
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one group of words."""
        synonym = self.get_queryset().filter(pk=int(pk)).first()
        if synonym is None:
            raise SynonymNotFound
        return Response(serialize_synonym(synonym))

    @describe("Create synonyms", takes=NewSynonymSerializer, answers={201: SynonymSerializer})
    def create(self, request: Request) -> HttpResponseBase:
        """Create a group of at least two words. Searches for one of them find all of them."""

        def work() -> Response:
            synonym = services.create_synonym(**read(NewSynonymSerializer, request))
            location = f"{request.path}{synonym.pk}/"
            return Response(serialize_synonym(synonym), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Change synonyms",
        takes=NewSynonymSerializer,
        answers={200: SynonymSerializer},
        refuses=[SynonymNotFound],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Replace the words of a group."""
        changes = read(NewSynonymSerializer, request)
        return Response(serialize_synonym(services.update_synonym(synonym_id=int(pk), **changes)))

    @describe("Delete synonyms", answers={204: None}, refuses=[SynonymNotFound])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a group of words."""
        services.delete_synonym(synonym_id=int(pk))
        return Response(status=204)
