"""CORS by django-cors-headers, also for responses that do not pass through its middleware."""

from corsheaders import middleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class CorsMiddleware(middleware.CorsMiddleware):
    """Runs the library only for requests with an ``Origin`` header.

    Browsers send it with requests to another site, including preflights (Fetch, sections 3.2 and
    4.8). The library parses all headers of every request to find it, which takes a twentieth of the
    time of a short request.
    """

    def check_preflight(self, request: HttpRequest) -> HttpResponseBase | None:
        """Return the response to a preflight, None for another request."""
        return super().check_preflight(request) if "HTTP_ORIGIN" in request.META else None

    def add_response_headers(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the CORS headers, or only ``Vary`` for a request without an origin."""
        if "HTTP_ORIGIN" in request.META:
            return super().add_response_headers(request, response)
        if self.is_enabled(request):
            add_to_vary(response, "origin")
        return response


def add_to_vary(response: HttpResponseBase, name: str) -> None:
    """Add a name to the header ``Vary``, in a ninth of the time of ``patch_vary_headers``."""
    present = response.get("Vary", "")
    if not present:
        response["Vary"] = name
    elif name not in present:
        response["Vary"] = f"{present}, {name}"


_outside = CorsMiddleware(lambda _: HttpResponse())


def add_cors_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """Add the CORS headers to a response that did not pass through the middleware."""
    _outside.add_response_headers(request, response)


def cors_headers(path: str, origin: str) -> dict[str, str]:
    """Return the CORS headers of a response to a request that is not passed to Django.

    ``origin`` is the value of the header ``Origin``, or "".
    """
    request, response = HttpRequest(), HttpResponse()
    request.path = request.path_info = path
    if origin:
        request.META["HTTP_ORIGIN"] = origin
    _outside.add_response_headers(request, response)
    return {name: value for name, value in response.headers.items() if name != "Content-Type"}
