"""The choice of parser and renderer by the headers Content-Type and Accept."""

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from shop.core.errors import MALFORMED_HEADER

_JSON = "application/json"


class ShopContentNegotiation(DefaultContentNegotiation):
    """Reads a body without a Content-Type as JSON. A malformed header is a 406 or 415."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser of the body, or None for a type that the operation does not take."""
        if request.content_type in ("", _JSON):
            return next((p for p in parsers if p.media_type in (_JSON, "*/*")), None)
        try:
            return super().select_parser(request, parsers)
        except MALFORMED_HEADER:
            return None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer with its media type. Raises NotAcceptable (406)."""
        try:
            chosen: Any = super().select_renderer(request, renderers, format_suffix)
        except MALFORMED_HEADER:
            raise NotAcceptable from None
        return chosen  # type: ignore[no-any-return]
