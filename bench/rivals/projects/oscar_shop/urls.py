"""Oscar's API alone, with DRF's login, whose tokens it takes."""

from django.urls import include, path
from rest_framework.authtoken.views import obtain_auth_token

urlpatterns = [
    path("api/login/", obtain_auth_token),
    path("api/", include("oscarapi.urls")),
]
