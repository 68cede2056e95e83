"""Redirects from earlier addresses."""

from urllib.parse import quote

from django.http import HttpResponse
from rest_framework.request import Request

from shop.core.links import origin_of

SLUG = r"(?![0-9]{1,18}/)[^/]+"
"""A part of a path that is no id (``shop.core.viewsets.ID``): digits alone are an id."""


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
