"""The API of Salesman, with the catalog and the login of the project in plain DRF."""

from django.urls import include, path
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet

from salesman_shop.models import Product
from salesman_shop.serializers import ProductSerializer


class ProductViewSet(ReadOnlyModelViewSet):
    """Pages of twenty products, and single products."""

    queryset = Product.objects.order_by("pk")
    serializer_class = ProductSerializer


router = SimpleRouter()
router.register("products", ProductViewSet)
urlpatterns = [
    path("api/login/", obtain_auth_token),
    path("api/", include("salesman.urls")),
    path("api/", include(router.urls)),
]
