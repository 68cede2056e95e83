"""Absolute URLs in responses: from PUBLIC_URL if it is set, and otherwise from the request."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def origin_of(request: HttpRequest | Request) -> str:
    """Return scheme, host and port for absolute URLs, such as "https://shop.example.com".

    Without PUBLIC_URL it comes from the Host header, in lower case and without a final dot, so that
    all spellings of a host get the same links. Raises DisallowedHost.
    """
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    host = request.get_host().lower().replace(".:", ":").removesuffix(".")
    return f"{request.scheme}://{host}"


def absolute_url(request: HttpRequest | Request) -> str:
    """Return the absolute URL of the request, with its query."""
    return f"{origin_of(request)}{request.get_full_path()}"
