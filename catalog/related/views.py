"""The endpoint of related products, which is part of the viewset of products."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request

from catalog.products.models import sees_all_products
from catalog.products.serializers.responses import serialize_listed
from catalog.products.translated import translate
from catalog.related.reads import related_to
from catalog.related.serializers import RelatedProductsSerializer
from catalog.responses import PublicReadViewSet, public_response
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.shop_languages import LANGUAGE, shop_language_of


class RelatedActions(PublicReadViewSet):
    """The action that lists related products."""

    @describe(
        "List related products",
        answers={200: RelatedProductsSerializer},
        parameters=[LANGUAGE],
        headers=["ETag", "Content-Language"],
    )
    @action(detail=True)
    def related(self, request: Request, pk: str) -> HttpResponseBase:
        """Return at most twelve products for sale that are bought with it, or else similar ones.

        The worker finds them once an hour.
        """
        language = shop_language_of(request)
        options: Any = {
            "origin": origin_of(request),
            "for_staff": sees_all_products(request.user),
        }

        def make(_: str | None) -> dict[str, Any]:
            rows = related_to(int(pk), request.user)
            translate(rows, language)
            return {"products": [serialize_listed(row, **options) for row in rows]}

        key = request.query_params.urlencode()
        return public_response(request, make, key=key, language=language)
