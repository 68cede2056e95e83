"""The endpoints of products: cached public reads, and writes for staff."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractUser
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.categories.errors import CategoryNotFound
from catalog.errors import ProductNotFound, SlugTaken
from catalog.json_ld import INCLUDE
from catalog.options.texts import texts_in
from catalog.products import services
from catalog.products.errors import (
    OptionsInUse,
    OptionsMissing,
    SetOnProduct,
    SetOnVariants,
    SkuTaken,
    StockUntracked,
    UnfilledBackorders,
    VariantExists,
    VariantLimit,
)
from catalog.products.fields import NewVariant
from catalog.products.models import Product, ProductQuerySet
from catalog.products.retrieving import ProductReads
from catalog.products.serializers.requests import (
    NewProductSerializer,
    NewVariantSerializer,
    ProductChangesSerializer,
)
from catalog.products.serializers.responses import (
    ListedProductSerializer,
    ProductSerializer,
    serialize_listed,
)
from catalog.products.sparse_fields import FIELDS, SparseFields
from catalog.products.translated import translate, translate_names
from catalog.products.variants import create_variant
from catalog.related.views import RelatedActions
from catalog.responses import public_response
from catalog.search.changes import SINCE_PATTERN, read_changes
from catalog.search.errors import CursorOutdated
from catalog.search.facet_labels import labelled
from catalog.search.listing import Listing
from catalog.search.parameters import LIST_PARAMETERS, ProductPages
from catalog.search.query import ListQuery, read_list_query
from catalog.search.serializers import ChangesSerializer, serialize_changes
from catalog.search.views import SuggestActions
from catalog.stock.views import STOCK_PERMISSIONS, StockActions
from shop.core.idempotency import idempotent
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.shop_languages import LANGUAGE, declare, shop_language_of
from shop.core.viewsets import read


class ProductViewSet(SuggestActions, RelatedActions, ProductReads, StockActions):
    """Products. Everyone may read those for sale; staff read all of them, and write."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    pagination_class = ProductPages
    plural = "products"
    permissions = {
        "create": "catalog.add_product",
        "variants": "catalog.add_product",
        "partial_update": "catalog.change_product",
        **STOCK_PERMISSIONS,
        "destroy": "catalog.delete_product",
    }

    def get_queryset(self) -> ProductQuerySet:
        """Return the products that the user may see."""
        return Product.objects.visible_to(self.request.user)

    @describe(
        "List products",
        answers={200: ListedProductSerializer(many=True)},
        headers=["ETag", "Content-Language"],
        parameters=LIST_PARAMETERS,
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Return a page of the products that match the filters. Staff also see unpublished ones."""
        query = read_list_query(request.query_params, for_staff=self.for_staff())
        sparse = self.sparse_fields(ListedProductSerializer)
        key = urlencode(query.parameters) if query.is_cacheable else None
        language = shop_language_of(request)
        return public_response(
            request,
            lambda revision: self._list_body(query, sparse, revision, language),
            key=key,
            language=language,
        )

    @describe(
        "Retrieve product",
        answers={200: ProductSerializer, 301: None},
        headers=["ETag", "Content-Language"],
        parameters=[FIELDS, INCLUDE, LANGUAGE],
        by_slug=True,
    )
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Return a product with its variants, or a variant. A number is an id, not a slug.

        A slug in any language of the shop is found; the response is in the one that was asked for.
        An earlier slug, or a slug in another spelling, is redirected to the present one (301).
        """
        return self.retrieve_by_id(request, int(pk))

    @describe(
        "Create product",
        takes=NewProductSerializer,
        answers={201: ProductSerializer},
        refuses=[
            CategoryNotFound,
            SlugTaken,
            SkuTaken,
            VariantExists,
            OptionsMissing,
            StockUntracked,
        ],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Create a product with its initial stock, or with its options and variants."""

        def work() -> Response:
            form = read(NewProductSerializer, request)
            product = services.create_product(**form, actor=_staff(request))
            location = f"{request.path}{product.pk}/"
            return Response(
                self.product_body(product.pk), status=201, headers={"Location": location}
            )

        return idempotent(request, work)

    @describe(
        "Change product",
        takes=ProductChangesSerializer,
        answers={200: ProductSerializer},
        refuses=[
            ProductNotFound,
            CategoryNotFound,
            SlugTaken,
            SkuTaken,
            VariantExists,
            OptionsMissing,
            OptionsInUse,
            StockUntracked,
            UnfilledBackorders,
            SetOnVariants,
            SetOnProduct,
        ],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the given fields of a product or a variant."""
        changes = read(ProductChangesSerializer, request)
        services.update_product(product_id=int(pk), **changes)
        return Response(self.product_body(int(pk)))

    @describe("Archive product", answers={204: None}, refuses=[ProductNotFound])
    def destroy(self, request: Request, pk: str) -> Response:
        """Archive a product or a variant. It cannot be restored; past orders keep it."""
        services.archive_product(product_id=int(pk))
        return Response(status=204)

    @describe(
        "Create variant",
        takes=NewVariantSerializer,
        answers={201: ProductSerializer},
        refuses=[
            ProductNotFound,
            SetOnProduct,
            OptionsMissing,
            VariantExists,
            VariantLimit,
            SkuTaken,
            StockUntracked,
        ],
    )
    @action(detail=True, methods=["post"])
    def variants(self, request: Request, pk: str) -> HttpResponseBase:
        """Add a variant to a product that has options."""

        def work() -> Response:
            form = read(NewVariantSerializer, request)
            variant = create_variant(
                product_id=int(pk), variant=cast("NewVariant", form), actor=_staff(request)
            )
            location = f"{request.path.removesuffix(f'{pk}/variants/')}{variant.pk}/"
            return Response(
                self.product_body(variant.pk), status=201, headers={"Location": location}
            )

        return idempotent(request, work)

    @describe(
        "List changes",
        answers={200: ChangesSerializer},
        refuses=[CursorOutdated],
        parameters=[
            OpenApiParameter(
                "since",
                {"type": "string", "pattern": SINCE_PATTERN},
                description="The cursor of the last response. Omit it to load everything.",
            ),
            LANGUAGE,
        ],
        headers=["Content-Language"],
        audience="buyers",
    )
    @action(detail=False)
    def changes(self, request: Request) -> Response:
        """Return products that changed since a cursor, and ids that are no longer for sale."""
        language = shop_language_of(request)
        changes = read_changes(request.query_params.get("since"))
        translate(
            [product for product, _ in changes.products],
            language,
            variants=[variant for _, variants in changes.products for variant in variants],
        )
        body = serialize_changes(changes, origin=origin_of(request), language=language)
        texts = texts_in(language, None)
        for product in body["products"]:
            translate_names(product, texts)
        return declare(Response(body), request, language)

    def _list_body(
        self, query: ListQuery, sparse: SparseFields, revision: str | None, language: str
    ) -> dict[str, Any]:
        options: Any = {"origin": origin_of(self.request), "for_staff": self.for_staff()}
        listing = Listing(self.request, query, revision, options["for_staff"], language)
        page = listing.page(self.get_queryset())
        translate(page.products, language, page.facets["categories"] if page.facets else ())
        further: dict[str, Any] = {}
        if "search" in query.values or page.count_is_capped:
            further["count_is_capped"] = page.count_is_capped
        if "search" in query.values:
            further["corrected_query"] = page.corrected_query
        body = {
            "count": page.count,
            **further,
            "next": page.next,
            "previous": page.previous,
            "next_cursor": page.next_cursor,
            "previous_cursor": page.previous_cursor,
            "products": [sparse(serialize_listed(row, **options)) for row in page.products],
        }
        if page.facets is None:
            return body
        return {**body, "facets": labelled(page.facets, texts_in(language, revision))}


def _staff(request: Request) -> AbstractUser:
    return cast("AbstractUser", request.user)
