"""The public endpoints about the shop and its countries."""

from hashlib import sha256

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from cart.storefront.countries import countries_body
from cart.storefront.serializers import CountriesSerializer, ShopSerializer
from cart.storefront.shop import serialize_shop
from catalog.responses import ResponseBody, to_response
from shop.core.languages import DEFAULT
from shop.core.openapi import describe
from shop.core.shop_languages import LANGUAGE, declare, shop_language_of
from shop.core.viewsets import ShopViewSet


class CountryViewSet(ShopViewSet):
    """The countries to which the shop delivers."""

    permission_classes = (AllowAny,)
    pagination_class = None

    @describe(
        "List countries",
        answers={200: CountriesSerializer},
        headers=["ETag", "Content-Language"],
        audience="buyers",
    )
    def list(self, request: Request) -> HttpResponse:
        """List where the shop delivers, with the fields of an address in each country.

        Names and labels are in the language of `Accept-Language`. Without shipping rates all
        countries are listed.
        """
        language = get_language() or DEFAULT
        response = _respond(request, countries_body(language))
        patch_vary_headers(response, ("Accept-Language",))
        response["Content-Language"] = language
        return response


class ShopInfoViewSet(ShopViewSet):
    """The shop, for its storefronts."""

    permission_classes = (AllowAny,)
    pagination_class = None

    @describe(
        "Retrieve the shop",
        answers={200: ShopSerializer},
        headers=["ETag", "Content-Language"],
        parameters=[LANGUAGE],
        audience="buyers",
    )
    def list(self, request: Request) -> HttpResponse:
        """Return what a storefront needs to know: currency, countries, payment methods, limits."""
        language = shop_language_of(request)
        response = _respond(request, ResponseBody(serialize_shop(language)))
        return declare(response, request, language)


def _respond(request: Request, body: ResponseBody) -> HttpResponse:
    """Return a response that anonymous clients and caches may keep and revalidate."""
    digest = sha256(body.plain).hexdigest()[:16]
    is_public = not request.user.is_authenticated
    return to_response(request, digest, body, is_public=is_public)
