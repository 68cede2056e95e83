"""The yardsticks, on the same server and database: a bare view, one ORM query, lean DRF, tuned SQL.

``lean`` is what DRF's tutorial would write: a ModelViewSet, its serializer, its pages. None of them
has a middleware. ``DJANGO_SETTINGS_MODULE=bench.bare_settings`` serves them.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.pagination import PageNumberPagination
from rest_framework.routers import SimpleRouter

from bench import tuned
from catalog.models import Product


def bare(request: HttpRequest) -> HttpResponse:
    """Answer without a query."""
    return HttpResponse(b'{"ok":true}', content_type="application/json")


def orm(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with one row, by one ORM query."""
    product = Product.objects.get(pk=pk)
    return JsonResponse({"id": product.pk, "name": product.name, "price": str(product.price)})


class LeanSerializer(serializers.ModelSerializer[Product]):
    """A product, as generated from its model."""

    class Meta:
        model = Product
        fields = ("id", "name", "price", "description", "stock")


class LeanPages(PageNumberPagination):
    """Pages of twenty."""

    page_size = 20


class LeanViewSet(viewsets.ReadOnlyModelViewSet[Product]):
    """List and product in two and one statements."""

    queryset = Product.objects.order_by("pk")
    serializer_class = LeanSerializer
    pagination_class = LeanPages
    authentication_classes = ()
    permission_classes = ()


router = SimpleRouter()
router.register("lean", LeanViewSet)

urlpatterns = [
    path("bare/", bare),
    path("orm/<int:pk>/", orm),
    path("tuned/add/", tuned.add),
    path("tuned/order/", tuned.order),
    path("tuned/payment/", tuned.payment),
    path("tuned/login/", tuned.login),
    path("", include(router.urls)),
    path("readyz", bare),
]
