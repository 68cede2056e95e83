"""The page at the root of the site, for developers: links to the pages that a browser can open."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from shop.core import handlers


@csrf_exempt  # other methods are a 404, not a CSRF failure
def index(request: HttpRequest) -> HttpResponse:
    """Return the page with ``DEBUG``, and otherwise a 404."""
    if settings.DEBUG and request.method in ("GET", "HEAD"):
        return render(request, "shop/index.html")
    return handlers.page_not_found(request)
