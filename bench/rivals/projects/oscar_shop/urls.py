"""Oscar's API alone."""

from django.urls import include, path

urlpatterns = [path("api/", include("oscarapi.urls"))]
