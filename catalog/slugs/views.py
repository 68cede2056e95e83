"""Redirects from earlier addresses."""

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from rest_framework.request import Request

from catalog.responses import PublicReadViewSet
from shop.core.errors import NotFound
from shop.core.links import origin_of

SLUG = r"(?![0-9]+/)[^/]+"
"""A part of a path that is not an id, or has too many digits for one."""


class OnlyReadBySlug(PublicReadViewSet):
    """A viewset by slug. Whoever changes something names it by its id: other methods are 404."""

    lookup_value_regex = SLUG
    lookup_url_kwarg = "slug"
    http_method_names = ["get", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise NotFound for another method, as for a path that does not exist."""
        if request.method not in self.allowed_methods:
            raise NotFound
        super().initial(request, *args, **kwargs)


def moved_to(request: Request, old: str, new: str) -> HttpResponse:
    """Return a 301 to the address with another slug at its end, with the same query.

    It is not stored without asking again, because a slug may return to its owner.
    """
    path = f"{request.path.removesuffix(f'{old}/')}{quote(new, safe='')}/"
    query = request.META.get("QUERY_STRING", "")
    url = f"{origin_of(request)}{path}{'?' if query else ''}{query}"
    headers = {
        "Location": url,
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding, Authorization",
    }
    return HttpResponse(status=301, headers=headers)
