"""The API of Oscar, and the login of DRF for its tokens."""

from django.urls import include, path
from rest_framework.authtoken.views import obtain_auth_token

urlpatterns = [
    path("api/login/", obtain_auth_token),
    path("api/", include("oscarapi.urls")),
]
