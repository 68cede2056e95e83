"""Reference views on the same database: an empty one, one ORM query, plain DRF, tuned SQL.

``lean`` is a ModelViewSet with a serializer and pagination, as in the tutorial of DRF. The views
have no middleware. They are served with ``DJANGO_SETTINGS_MODULE=bench.bare_settings``.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.pagination import PageNumberPagination
from rest_framework.routers import SimpleRouter

from bench import tuned
from catalog.models import Product


def bare(request: HttpRequest) -> HttpResponse:
    """Return a constant, without a query."""
    return HttpResponse(b'{"ok":true}', content_type="application/json")


def orm(request: HttpRequest, pk: int) -> HttpResponse:
    """Return one row, with one ORM query."""
    product = Product.objects.get(pk=pk)
    return JsonResponse({"id": product.pk, "name": product.name, "price": str(product.price)})


class LeanSerializer(serializers.ModelSerializer[Product]):
    """A serializer that is generated from the model."""

    class Meta:
        model = Product
        fields = ("id", "name", "price", "description", "stock")


class LeanPages(PageNumberPagination):
    """Pages of twenty."""

    page_size = 20


class LeanViewSet(viewsets.ReadOnlyModelViewSet[Product]):
    """A list with two statements, and a product with one."""

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
