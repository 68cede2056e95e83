"""Reads of one product: by id, and by slug."""

from typing import Any, cast

from django.contrib.auth.models import AbstractUser
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from catalog.products import reads
from catalog.products.models import Product, sees_all_products
from catalog.products.serializers.responses import (
    ListedProductSerializer,
    ProductSerializer,
    serialize_product,
)
from catalog.products.sparse_fields import FIELDS, SparseFields, read_sparse_fields
from catalog.responses import CachedResponseViewSet, public_response
from catalog.slugs.services import earlier_owners
from catalog.slugs.views import OnlyReadBySlug, moved_to
from shop.core.errors import NotFound
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.slugs import is_slug, normalize_slug


class ProductReads(CachedResponseViewSet):
    """Makes the response body of one product."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer

    def product_body(self, product_id: int) -> dict[str, Any]:
        """Return the response body of a product with its variants.

        Raises NotFound for an archived product, and for customers also if it is not for sale.
        """
        options: Any = {"origin": origin_of(self.request), "for_staff": self.for_staff()}
        product = next(iter(reads.detailed([product_id])), None)
        if (
            product is None
            or product.archived_at
            or not (options["for_staff"] or product.is_for_sale)
        ):
            raise NotFound
        variants = reads.variants_of([product_id])[product_id] if product.has_variants else []
        return serialize_product(product, variants, **options)

    def retrieve_by_id(self, request: Request, pk: int) -> HttpResponseBase:
        """Return the response about a product."""
        sparse = self.sparse_fields(ProductSerializer)
        key = request.query_params.urlencode()
        return public_response(request, lambda _: sparse(self.product_body(pk)), key=key)

    def sparse_fields(self, shape: type[ListedProductSerializer]) -> SparseFields:
        """Return the function that keeps the members that the request names."""
        return read_sparse_fields(self.request.query_params, shape, for_staff=self.for_staff())

    def for_staff(self) -> bool:
        """Return whether the caller also sees what only staff see."""
        return sees_all_products(cast("AbstractUser", self.request.user))


class ProductBySlugViewSet(OnlyReadBySlug, ProductReads):
    """A product by its slug. Documented with ``ProductViewSet.retrieve``, whose path it shares."""

    @extend_schema(exclude=True)
    @describe("Retrieve product by slug", answers={200: ProductSerializer}, parameters=[FIELDS])
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        """Return a product, or the address under its present slug (301)."""
        stored = normalize_slug(slug)
        if not is_slug(stored):
            raise NotFound
        rows = Product.objects.visible_to(request.user).listed().exclude(slug="")
        pk = rows.filter(slug=stored).values_list("pk", flat=True).first()
        if pk is not None and slug == stored:
            return self.retrieve_by_id(request, pk)
        if pk is None and (owner := earlier_owners("product", [stored]).get(stored)):
            stored = rows.filter(pk=owner).values_list("slug", flat=True).first() or ""
            pk = owner if stored else None
        if pk is None:
            raise NotFound
        return moved_to(request, slug, stored)
