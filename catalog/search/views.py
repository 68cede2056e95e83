"""The endpoint of suggestions, which is part of the viewset of products."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request

from catalog.products.models import sees_all_products
from catalog.products.serializers.responses import serialize_listed
from catalog.responses import PublicReadViewSet, public_response
from catalog.search.parameters import SEARCH_SCHEMA
from catalog.search.query import read_search
from catalog.search.serializers import SuggestionsSerializer
from catalog.search.suggestions import suggest
from shop.core.errors import InvalidField
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.query import Parameter, read_parameters
from shop.core.shop_languages import LANGUAGE, shop_language_of

TEXT = Parameter(
    "q",
    SEARCH_SCHEMA,
    "What has been typed so far. Its last word may be the beginning of a word.",
    read=read_search,
)
TEXT.required = True


class SuggestActions(PublicReadViewSet):
    """The action that suggests products, categories and brands."""

    @describe(
        "Suggest products, categories and brands",
        answers={200: SuggestionsSerializer},
        parameters=[TEXT, LANGUAGE],
        headers=["ETag", "Content-Language"],
    )
    @action(detail=False)
    def suggest(self, request: Request) -> HttpResponseBase:
        """Return what a buyer may be looking for, for the field of a search."""
        values = read_parameters(request.query_params, [TEXT])
        if "q" not in values:
            raise InvalidField(field="q", reason=_("This parameter is required."))
        for_staff = sees_all_products(request.user)
        language = shop_language_of(request)

        def make(revision: str | None) -> dict[str, Any]:
            found = suggest(values["q"], request.user, revision, language)
            origin = origin_of(request)
            return {
                "products": [
                    serialize_listed(row, origin=origin, for_staff=for_staff)
                    for row in found.products
                ],
                "categories": found.categories,
                "brands": [{"name": brand} for brand in found.brands],
            }

        return public_response(request, make, key=None, language=language)
