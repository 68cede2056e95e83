"""Pagination: pages with an array under the plural name of the resource, and count and links."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from shop.core.errors import InvalidField, NotFound
from shop.core.links import absolute_url
from shop.core.query import action_of

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
_MAX_DIGITS = 9


class PageBeyondEnd(NotFound):
    """404 for a page after the last. Facts: pages, the number of pages."""

    message = _("This page does not exist. The last one is {pages}.")
    example: ClassVar[dict[str, Any]] = {"pages": 3}
    schema_name = "PageBeyondEndProblem"


def plural_of(view: APIView | None) -> str:
    """Return the name of the array in a page of the view's action, or ""."""
    name: str = getattr(action_of(view), "plural", "") if view is not None else ""
    return name or getattr(view, "plural", "")


class ShopPagination(PageNumberPagination):
    """``?page=`` from 1, and ``?page_size=`` up to 100, by default 20. A page takes two queries.

    The name of the array in the response is that of the action (``describe``), or of the view.
    """

    page_size = DEFAULT_PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    plural = "results"

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the rows of the page. Raises InvalidField (400) or PageBeyondEnd (404)."""
        self.request = request
        self.plural = plural_of(view) or self.plural
        size = min(read_number(request, "page_size", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
        number = read_number(request, "page", 1)
        paginator = Paginator(queryset, size)
        if number > paginator.num_pages:
            raise PageBeyondEnd(pages=paginator.num_pages)
        self.page: Page[Any] = paginator.page(number)
        return list(self.page)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the response with the serialized rows."""
        return Response(
            {
                "count": self.page.paginator.count,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
                self.plural: data,
            }
        )

    def get_next_link(self) -> str | None:
        """Return the URL of the next page."""
        return self._link(self.page.next_page_number()) if self.page.has_next() else None

    def get_previous_link(self) -> str | None:
        """Return the URL of the previous page. That of the first page has no number."""
        return self._link(self.page.previous_page_number()) if self.page.has_previous() else None

    def _link(self, number: int) -> str:
        url, name = absolute_url(cast("Request", self.request)), self.page_query_param
        if number == 1:
            return str(remove_query_param(url, name))
        return str(replace_query_param(url, name, number))

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Describe ``page`` and ``page_size`` in OpenAPI."""
        return [
            _parameter("page", "The number of the page, from 1.", default=1),
            _parameter(
                "page_size",
                f"Rows of a page, {MAX_PAGE_SIZE} at most.",
                default=DEFAULT_PAGE_SIZE,
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page in OpenAPI 3.1."""
        link = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["count", "next", "previous", self.plural],
            "properties": {
                "count": {"type": "integer", "example": 1},
                "next": link,
                "previous": link,
                self.plural: schema,
            },
        }


def _parameter(name: str, description: str, *, default: int) -> dict[str, Any]:
    limits = {"minimum": 1, "maximum": 10**_MAX_DIGITS - 1, "default": default}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "integer", **limits},
    }


def read_number(request: Request, name: str, default: int) -> int:
    """Return a parameter of the query, a whole number from 1. Raises InvalidField (400)."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and int(text) > 0):
        raise InvalidField(field=name, reason=_("The value must be a whole number from 1."))
    return int(text)
