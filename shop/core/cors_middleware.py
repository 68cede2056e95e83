"""CORS by django-cors-headers, and at a glance for the many requests that name no origin."""

from corsheaders.middleware import CorsMiddleware as FullCorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class CorsMiddleware(FullCorsMiddleware):
    """Leaves to the library what a browser sent from another site, preflights among it.

    Those name their origin (Fetch, sections 3.2 and 4.8). For what apps and servers send the
    library would parse every header to find none.
    """

    def check_preflight(self, request: HttpRequest) -> HttpResponseBase | None:
        """Answer a preflight; None for whatever is none."""
        return super().check_preflight(request) if "HTTP_ORIGIN" in request.META else None

    def add_response_headers(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Say what the origin may read, and to caches that it matters who asks."""
        if "HTTP_ORIGIN" in request.META or "Vary" in response.headers:
            return super().add_response_headers(request, response)
        if self.is_enabled(request):
            response.headers["Vary"] = "origin"
        return response
