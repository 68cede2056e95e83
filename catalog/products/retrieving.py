"""Reads of one product: by id, and by slug."""

from typing import Any, cast

from django.contrib.auth.models import AbstractUser
from django.db.models import Case, When
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from catalog.images.serializers import add_translations
from catalog.json_ld import INCLUDE, JSON_LD, wants_json_ld
from catalog.options.texts import texts_in
from catalog.products import reads
from catalog.products.json_ld import json_ld_of_product
from catalog.products.models import Product, ProductQuerySet, sees_all_products
from catalog.products.serializers.responses import (
    ListedProductSerializer,
    ProductSerializer,
    serialize_product,
)
from catalog.products.sparse_fields import FIELDS, SparseFields, read_sparse_fields
from catalog.products.translated import translate, translate_names
from catalog.responses import CachedResponseViewSet, public_response
from catalog.slugs.services import earlier_owners
from catalog.slugs.views import OnlyReadBySlug, moved_to
from catalog.translations.reads import translations_of
from shop.core.errors import NotFound
from shop.core.language_codes import further_languages, own_language
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.shop_languages import LANGUAGE, shop_language_of
from shop.core.slugs import is_slug, normalize_slug


class ProductReads(CachedResponseViewSet):
    """Makes the response body of one product."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    in_languages = True

    def product_body(
        self, product_id: int, language: str | None = None, revision: str | None = None
    ) -> dict[str, Any]:
        """Return the response body of a product with its variants, in the shop's own language.

        ``revision`` is the catalog's, under which translations of attributes and options are
        cached.
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
        language = language or own_language()
        translate([product], language, variants=variants)
        body = serialize_product(product, variants, **options, language=language)
        translate_names(body, texts_in(language, revision))
        if options["for_staff"] and further_languages():
            is_variant = product.parent_id is not None
            body["translations"] = {} if is_variant else translations_of("product", product_id)
            add_translations(_images_of(body))
        return body

    def retrieve_by_id(self, request: Request, pk: int) -> HttpResponseBase:
        """Return the response about a product."""
        sparse = self.sparse_fields(ProductSerializer)
        key = request.query_params.urlencode()
        language = shop_language_of(request)
        includes = wants_json_ld(request.query_params)

        def make(revision: str | None) -> dict[str, Any]:
            body = self.product_body(pk, language, revision)
            if not includes:
                return sparse(body)
            origin = origin_of(request)
            return sparse(body) | {
                JSON_LD: json_ld_of_product(body, origin=origin, language=language)
            }

        return public_response(request, make, key=key, language=language)

    def sparse_fields(self, shape: type[ListedProductSerializer]) -> SparseFields:
        """Return the function that keeps the members that the request names."""
        return read_sparse_fields(self.request.query_params, shape, for_staff=self.for_staff())

    def for_staff(self) -> bool:
        """Return whether the caller also sees what only staff see."""
        return sees_all_products(cast("AbstractUser", self.request.user))


def _images_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all images in the response body of a product."""
    first = [each["image"] for each in (body, *body["variants"]) if each["image"]]
    return [*body["images"], *first]


class ProductBySlugViewSet(OnlyReadBySlug, ProductReads):
    """A product by its slug. Documented with ``ProductViewSet.retrieve``, whose path it shares."""

    @extend_schema(exclude=True)
    @describe(
        "Retrieve product by slug",
        answers={200: ProductSerializer},
        parameters=[FIELDS, INCLUDE, LANGUAGE],
    )
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        """Return a product, or the address under its present slug (301)."""
        stored = normalize_slug(slug)
        if not is_slug(stored):
            raise NotFound
        rows = Product.objects.visible_to(request.user).listed()
        language = shop_language_of(request)
        pk = _first(rows.filter(slug=stored), "pk") or _with_translation(rows, stored, language)
        if pk is not None and slug == stored:
            return self.retrieve_by_id(request, pk)
        if pk is None and (owner := earlier_owners("product", [stored]).get(stored)):
            stored = _first(rows.filter(pk=owner).exclude(slug=""), "slug") or ""
            pk = owner if stored else None
        if pk is None:
            raise NotFound
        return moved_to(request, slug, stored)


def _with_translation(rows: ProductQuerySet, slug: str, language: str) -> int | None:
    """Return the id of the product with a slug in a further language, at best in ``language``."""
    if not (languages := further_languages()):
        return None
    translated = rows.filter(translations__slug=slug, translations__language__in=languages)
    is_in_language = Case(When(translations__language=language, then=0), default=1)
    pk: int | None = _first(translated.order_by(is_in_language, "pk"), "pk")
    return pk


def _first(rows: ProductQuerySet, column: str) -> Any:
    return rows.values_list(column, flat=True).first()
