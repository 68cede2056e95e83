"""URLs with a page that sets its own Content-Security-Policy."""

from django.http import HttpResponse
from django.urls import path

urlpatterns = [
    path(
        "page",
        lambda request: HttpResponse(headers={"content-security-policy": "default-src 'self'"}),
    )
]
