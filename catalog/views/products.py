"""The verbs of the catalog: public reads, kept as bytes; writes by staff."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractUser
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import services, shown
from catalog.changes import SINCE_PATTERN, read_changes
from catalog.errors import (
    CategoryNotFound,
    ChooseVariant,
    CursorOutdated,
    NoOptions,
    OptionsInUse,
    OutOfStock,
    PiecesOwed,
    ProductNotFound,
    SetOnProduct,
    SetOnVariants,
    SkuTaken,
    SlugTaken,
    StockLimit,
    VariantExists,
    VariantLimit,
)
from catalog.filters import Wanted, read_wanted, refuse_others
from catalog.models import Product, ProductQuerySet, StockMovement, sees_all_products
from catalog.pages import Listing
from catalog.serializers.changes import ChangesSerializer, show_changes
from catalog.serializers.choice import Pick, read_fields
from catalog.serializers.product_forms import (
    NewProductSerializer,
    NewVariantSerializer,
    ProductChangesSerializer,
    StockAdjustmentSerializer,
)
from catalog.serializers.products import (
    ListedProductSerializer,
    ProductSerializer,
    show_listed,
    show_product,
)
from catalog.serializers.queries import FIELDS, LIST_PARAMETERS, ProductPages
from catalog.serializers.stock import (
    LowStockSerializer,
    StockMovementSerializer,
    show_low_stock,
    show_movement,
)
from catalog.views.answers import KeptAnswersViewSet, answer_public, origin_of
from shop.core.errors import NotFound
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.pagination import ShopPagination
from shop.core.viewsets import StaffMay, read

_PERMISSIONS = {
    "create": "catalog.add_product",
    "variants": "catalog.add_product",
    "partial_update": "catalog.change_product",
    "stock": "catalog.change_product",
    "stock_history": "catalog.view_stockmovement",
    "low_stock": "catalog.view_product",
    "destroy": "catalog.delete_product",
}


class ProductViewSet(KeptAnswersViewSet):
    """Products: anyone reads what is for sale, staff also the rest, and write."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    pagination_class = ProductPages
    plural = "products"

    def get_permissions(self) -> list[Any]:
        """Reads are public, writes are for staff who may."""
        needed = _PERMISSIONS.get(self.action or "")
        return [StaffMay(needed) if needed else AllowAny()]

    def get_queryset(self) -> ProductQuerySet:
        """What the caller may see."""
        return Product.objects.visible_to(self.request.user)

    @describe(
        "List products",
        answers={200: ListedProductSerializer(many=True)},
        headers=["ETag"],
        parameters=LIST_PARAMETERS,
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Show a page of the products that are looked for; to staff also what is not published."""
        wanted = read_wanted(request.query_params)
        pick = self._pick(ListedProductSerializer)
        key = urlencode(wanted.given) if wanted.is_kept else None
        return answer_public(request, lambda revision: self._list(wanted, pick, revision), key)

    @describe(
        "Retrieve product",
        answers={200: ProductSerializer},
        headers=["ETag"],
        parameters=[FIELDS],
    )
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Show one product with its variants, or one variant by its own id."""
        refuse_others(request.query_params, ["fields"])
        pick = self._pick(ProductSerializer)
        key = request.query_params.urlencode()
        return answer_public(request, lambda _: pick(self._show(int(pk))), key)

    @describe(
        "Create product",
        takes=NewProductSerializer,
        answers={201: ProductSerializer},
        refuses=[CategoryNotFound, SlugTaken, SkuTaken, VariantExists, NoOptions],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Create a product with its initial stock, or with its options and variants."""

        def work() -> Response:
            form = read(NewProductSerializer, request)
            product = services.create_product(**form, actor=_staff(request))
            location = f"{request.path}{product.pk}/"
            return Response(self._show(product.pk), status=201, headers={"Location": location})

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
            NoOptions,
            OptionsInUse,
            PiecesOwed,
            SetOnVariants,
            SetOnProduct,
        ],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given, of a product or a variant."""
        changes = read(ProductChangesSerializer, request)
        services.update_product(product_id=int(pk), **changes)
        return Response(self._show(int(pk)))

    @describe("Archive product", answers={204: None}, refuses=[ProductNotFound])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a product or a variant out of every read, for good; past orders keep it."""
        services.archive_product(product_id=int(pk))
        return Response(status=204)

    @describe(
        "Create variant",
        takes=NewVariantSerializer,
        answers={201: ProductSerializer},
        refuses=[ProductNotFound, SetOnProduct, NoOptions, VariantExists, VariantLimit, SkuTaken],
    )
    @action(detail=True, methods=["post"])
    def variants(self, request: Request, pk: str) -> HttpResponseBase:
        """Add a variant to a product that has options."""

        def work() -> Response:
            form = read(NewVariantSerializer, request)
            variant = services.create_variant(
                product_id=int(pk), variant=cast("services.NewVariant", form), actor=_staff(request)
            )
            location = f"{request.path.removesuffix(f'{pk}/variants/')}{variant.pk}/"
            return Response(self._show(variant.pk), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Adjust stock",
        takes=StockAdjustmentSerializer,
        answers={200: ProductSerializer},
        refuses=[ProductNotFound, ChooseVariant, OutOfStock, StockLimit],
    )
    @action(detail=True, methods=["post"], pagination_class=ShopPagination)
    def stock(self, request: Request, pk: str) -> HttpResponseBase:
        """Add pieces or take them away, with a reason."""

        def work() -> Response:
            form = read(StockAdjustmentSerializer, request)
            services.adjust_stock(product_id=int(pk), actor=_staff(request), **form)
            return Response(self._show(int(pk)))

        return idempotent(request, work)

    @describe(
        "List stock movements",
        answers={200: StockMovementSerializer(many=True)},
        refuses=[ProductNotFound],
    )
    @stock.mapping.get
    def stock_history(self, request: Request, pk: str) -> Response:
        """Show a page of what moved a product's stock, newest first."""
        if not Product.objects.filter(pk=pk).exists():
            raise ProductNotFound
        self.plural = "movements"
        movements = StockMovement.objects.filter(product_id=pk).select_related("actor")
        page = self.paginate_queryset(movements.order_by("-pk"))
        return self.get_paginated_response([show_movement(movement) for movement in page or ()])

    @describe("List low stock", answers={200: LowStockSerializer(many=True)})
    @action(detail=False, url_path="low-stock", pagination_class=ShopPagination)
    def low_stock(self, request: Request) -> Response:
        """Show a page of what has its threshold of pieces or fewer, products and variants."""
        page = self.paginate_queryset(Product.objects.running_out().order_by("pk"))
        return self.get_paginated_response([show_low_stock(product) for product in page or ()])

    @describe(
        "List changes",
        answers={200: ChangesSerializer},
        refuses=[CursorOutdated],
        parameters=[
            OpenApiParameter(
                "since",
                {"type": "string", "pattern": SINCE_PATTERN},
                description="The cursor of the last answer; none to load everything.",
            )
        ],
    )
    @action(detail=False)
    def changes(self, request: Request) -> Response:
        """Show what changed for customers since a cursor, and what is for sale no more."""
        changes = read_changes(request.query_params.get("since"))
        return Response(show_changes(changes, origin=origin_of(request)))

    def _list(self, wanted: Wanted, pick: Pick, revision: str | None) -> dict[str, Any]:
        how: Any = {"origin": origin_of(self.request), "for_staff": self._for_staff()}
        listing = Listing(self.request, wanted, revision, how["for_staff"])
        page = listing.page(self.get_queryset())
        return {
            "count": page.count,
            "next": page.next,
            "previous": page.previous,
            "products": [pick(show_listed(row, **how)) for row in page.products],
        }

    def _pick(self, shape: type[ListedProductSerializer]) -> Pick:
        return read_fields(self.request.query_params, shape, for_staff=self._for_staff())

    def _show(self, product_id: int) -> dict[str, Any]:
        how: Any = {"origin": origin_of(self.request), "for_staff": self._for_staff()}
        product, *_ = shown.detailed([product_id]) or [None]
        if product is None or product.archived_at or not (how["for_staff"] or product.is_for_sale):
            raise NotFound
        variants = shown.variants_of([product_id])[product_id] if product.has_variants else []
        return show_product(product, variants, **how)

    def _for_staff(self) -> bool:
        return sees_all_products(cast("AbstractUser", self.request.user))


def _staff(request: Request) -> AbstractUser:
    return cast("AbstractUser", request.user)
