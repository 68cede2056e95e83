"""The endpoints of collections: cached public reads, and writes for staff."""

from functools import partial
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.collections import services
from catalog.collections.errors import CollectionNotFound
from catalog.collections.models import Collection, CollectionQuerySet
from catalog.collections.serializers import (
    CollectionChangesSerializer,
    CollectionSerializer,
    NewCollectionSerializer,
    serialize_collection,
)
from catalog.errors import ProductNotFound, SlugTaken
from catalog.permissions import sees_all
from catalog.responses import CachedResponseViewSet, public_response
from catalog.slugs.views import OnlyReadBySlug, moved_to
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.shop_languages import LANGUAGE, shop_language_of
from shop.core.slugs import is_slug, normalize_slug
from shop.core.viewsets import read


class CollectionViewSet(CachedResponseViewSet):
    """Collections. Everyone may read published ones; staff read all of them, and write."""

    queryset = Collection.objects.none()
    serializer_class = CollectionSerializer
    in_languages = True
    plural = "collections"
    permissions = {
        "create": "catalog.add_collection",
        "partial_update": "catalog.change_collection",
        "destroy": "catalog.delete_collection",
    }

    def get_queryset(self) -> CollectionQuerySet:
        """Return the collections that the user may see, in sort order."""
        return Collection.objects.visible_to(self.request.user).in_sort_order()

    @describe(
        "List collections",
        answers={200: CollectionSerializer(many=True)},
        headers=["ETag", "Content-Language"],
        parameters=[LANGUAGE],
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Return a page of collections. `GET /api/products/?collection=` returns the products."""
        language, for_staff = shop_language_of(request), self._for_staff()
        serialize = partial(serialize_collection, for_staff=for_staff, language=language)

        def make(_: str | None) -> dict[str, Any]:
            return dict(self.page_of(self.get_queryset(), serialize).data)

        return public_response(request, make, key=request.GET.urlencode(), language=language)

    @describe(
        "Retrieve collection",
        answers={200: CollectionSerializer, 301: None},
        refuses=[CollectionNotFound],
        headers=["ETag", "Content-Language"],
        parameters=[LANGUAGE],
        by_slug=True,
    )
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Return a collection. A number is an id.

        A slug in another spelling is redirected to the stored one (301).
        """
        return self.retrieve_by_id(request, int(pk))

    @describe(
        "Create collection",
        takes=NewCollectionSerializer,
        answers={201: CollectionSerializer},
        refuses=[SlugTaken, ProductNotFound],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Create a collection with a rule, or with the products that staff choose."""

        def work() -> Response:
            collection = services.create_collection(**read(NewCollectionSerializer, request))
            location = f"{request.path}{collection.pk}/"
            body = serialize_collection(collection, for_staff=True)
            return Response(body, status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Change collection",
        takes=CollectionChangesSerializer,
        answers={200: CollectionSerializer},
        refuses=[CollectionNotFound, SlugTaken, ProductNotFound],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the given fields of a collection."""
        changes = read(CollectionChangesSerializer, request)
        collection = services.update_collection(collection_id=int(pk), **changes)
        return Response(serialize_collection(collection, for_staff=True))

    @describe("Delete collection", answers={204: None}, refuses=[CollectionNotFound])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a collection. Its products stay."""
        services.delete_collection(collection_id=int(pk))
        return Response(status=204)

    def retrieve_by_id(self, request: Request, pk: int) -> HttpResponseBase:
        """Return the response about a collection."""
        language = shop_language_of(request)
        make = partial(self._body, pk, language)
        key = request.GET.urlencode()
        return public_response(request, lambda _: make(), key=key, language=language)

    def _body(self, collection_id: int, language: str) -> dict[str, Any]:
        collection = self.get_queryset().filter(pk=collection_id).first()
        if collection is None:
            raise CollectionNotFound
        for_staff = self._for_staff()
        return serialize_collection(collection, for_staff=for_staff, language=language)

    def _for_staff(self) -> bool:
        return sees_all(self.request.user, "collection")


class CollectionBySlugViewSet(OnlyReadBySlug, CollectionViewSet):
    """A collection by its slug. Documented with ``CollectionViewSet.retrieve``."""

    @extend_schema(exclude=True)
    @describe(
        "Retrieve collection by slug", answers={200: CollectionSerializer}, parameters=[LANGUAGE]
    )
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        """Return a collection, or the address under its stored slug (301)."""
        stored = normalize_slug(slug)
        if not is_slug(stored):
            raise CollectionNotFound
        pk = self.get_queryset().filter(slug=stored).values_list("pk", flat=True).first()
        if pk is None:
            raise CollectionNotFound
        if slug != stored:
            return moved_to(request, slug, stored)
        return self.retrieve_by_id(request, pk)
