"""The root router: every viewset of the shop by its path."""

from contextlib import suppress
from typing import Any

from django.urls import NoReverseMatch, reverse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import APIRootView, DefaultRouter, Route, SimpleRouter

from accounts.views import (
    AddressViewSet,
    EmailVerificationViewSet,
    LoginViewSet,
    LogoutViewSet,
    PasswordResetViewSet,
    TokenViewSet,
    UserViewSet,
)
from cart.storefront.views import CountryViewSet, ShopInfoViewSet
from cart.views import CartViewSet
from catalog.attributes.views import AttributeViewSet
from catalog.categories.views import CategoryBySlugViewSet, CategoryViewSet
from catalog.collections.views import CollectionBySlugViewSet, CollectionViewSet
from catalog.images.views import ImageViewSet
from catalog.prices.views import SaleViewSet
from catalog.products.retrieving import ProductBySlugViewSet
from catalog.products.views import ProductViewSet
from catalog.search.synonym_views import SynonymViewSet
from orders.views import (
    DraftViewSet,
    FulfilmentViewSet,
    OrderNoteViewSet,
    OrderViewSet,
    ReturnsOfOrderViewSet,
    ReturnViewSet,
    WithdrawalViewSet,
)
from payments.views import (
    CheckoutViewSet,
    DisputeViewSet,
    InvoiceFileViewSet,
    OrderInvoiceViewSet,
    OrderMoneyViewSet,
    PaymentViewSet,
    WebhookViewSet,
)
from shop.core import routing
from shop.core.links import origin_of
from shop.core.viewsets import ID, StrictView
from shop.integrations.views import (
    EventViewSet,
    WebhookDeliveryViewSet,
    WebhookEndpointViewSet,
)


class IndexView(StrictView, APIRootView):
    """The index of the API."""

    permission_classes = (AllowAny,)
    http_method_names = ["get", "head"]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the URL of each resource. Those without a list are left out."""
        origin, urls = origin_of(request), {}
        for resource, name in (self.api_root_dict or {}).items():
            if "/" in resource:  # a part of another resource
                continue
            with suppress(NoReverseMatch):
                urls[resource] = f"{origin}{reverse(name)}"
        return Response(urls)


_FREQUENT = frozenset(
    {
        *("product-list", "product-detail", "cart-list", "cart-add"),
        *("order-list", "payment-list", "checkout-list"),
    }
)
"""The names of the routes of frequent requests."""


class ShopRouter(DefaultRouter):
    """DRF's router with two more routes: PATCH /api/cart/ calls ``change``, DELETE ``clear``."""

    APIRootView = IndexView
    include_format_suffixes = False
    routes = [
        Route(
            url=route.url,
            mapping={**route.mapping, "patch": "change", "delete": "clear"},
            name=route.name,
            detail=False,
            initkwargs=route.initkwargs,
        )
        if isinstance(route, Route) and not route.detail
        else route
        for route in DefaultRouter.routes
    ]

    def get_urls(self) -> list[Any]:
        """Return the patterns, frequent ones first: Django compares a path in their order.

        No two patterns match the same path, so the order has no other effect.
        """
        return sorted(super().get_urls(), key=lambda pattern: pattern.name not in _FREQUENT)


router = ShopRouter()
# Django compares a path with the patterns in their order, so the frequent ones come first.
router.register("cart", CartViewSet, basename="cart")
router.register("products", ProductViewSet, basename="product")
router.register("payments", PaymentViewSet, basename="payment")
router.register("checkout", CheckoutViewSet, basename="checkout")
router.register("orders", OrderMoneyViewSet, basename="order-money")  # the index has the next one
router.register("orders", OrderViewSet, basename="order")
router.register(
    rf"orders/(?P<order_id>{ID})/fulfilments", FulfilmentViewSet, basename="order-fulfilment"
)
router.register(
    rf"orders/(?P<order_id>{ID})/returns", ReturnsOfOrderViewSet, basename="order-return"
)
router.register("returns", ReturnViewSet, basename="return")
router.register(rf"orders/(?P<order_id>{ID})/notes", OrderNoteViewSet, basename="order-note")
router.register("drafts", DraftViewSet, basename="draft")
router.register("withdrawals", WithdrawalViewSet, basename="withdrawal")
router.register("disputes", DisputeViewSet, basename="dispute")
router.register(rf"orders/(?P<order_id>{ID})/invoices", OrderInvoiceViewSet, "order-invoice")
router.register(
    rf"orders/(?P<order_id>{ID})/invoices/(?P<invoice_id>{ID})/pdf",
    InvoiceFileViewSet,
    "invoice-file",
)
router.register("login", LoginViewSet, basename="login")
router.register("logout", LogoutViewSet, basename="logout")
router.register("token", TokenViewSet, basename="token")
router.register("users/password-reset", PasswordResetViewSet, basename="password-reset")
router.register("users/verify-email", EmailVerificationViewSet, basename="verify-email")
router.register("users", UserViewSet, basename="user")
router.register("addresses", AddressViewSet, basename="address")
router.register("categories", CategoryViewSet, basename="category")
router.register("collections", CollectionViewSet, basename="collection")
router.register(rf"products/(?P<product_id>{ID})/images", ImageViewSet, basename="product-image")
router.register("attributes", AttributeViewSet, basename="attribute")
router.register("sales", SaleViewSet, basename="sale")
router.register("synonyms", SynonymViewSet, basename="synonym")
router.register("countries", CountryViewSet, basename="country")
router.register("shop", ShopInfoViewSet, basename="shop")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("webhook-endpoints", WebhookEndpointViewSet, basename="webhook-endpoint")
router.register("webhook-deliveries", WebhookDeliveryViewSet, basename="webhook-delivery")
router.register("events", EventViewSet, basename="event")

# After all other paths below products and categories, which are not slugs.
by_slug = SimpleRouter()
by_slug.register("products", ProductBySlugViewSet, basename="product-by-slug")
by_slug.register("categories", CategoryBySlugViewSet, basename="category-by-slug")
by_slug.register("collections", CollectionBySlugViewSet, basename="collection-by-slug")

# The viewsets that apps in EXTRA_APPS registered. shop.urls has the paths schema and docs.
_own = [prefix for prefix, *_ in router.registry]
for extension in routing.extensions(taken=[*_own, "schema", "docs"]):
    router.register(*extension)
