"""The page at the root of the site, for developers: it links what a browser can open."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from shop.core import handlers


@csrf_exempt  # any other method is a 404, which a failed CSRF check would hide
def index(request: HttpRequest) -> HttpResponse:
    """Return the page while ``DEBUG`` is on; otherwise a 404, because the shop is headless."""
    if settings.DEBUG and request.method in ("GET", "HEAD"):
        return render(request, "shop/index.html")
    return handlers.page_not_found(request)
