"""What an answer is written in: JSON, for nearly everyone who asks."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

TAKES_JSON = frozenset({"", "*/*", "application/json", "application/json, */*"})
"""``Accept`` as most clients send it."""


class JSONNegotiation(DefaultContentNegotiation):
    """DRF's, which is not asked where the answer is plain: it takes a tenth of a short request."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return renderer and media type. Raises NotAcceptable, a 406."""
        first, *others = renderers
        if not others and request.META.get("HTTP_ACCEPT", "") in TAKES_JSON:
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)  # type: ignore[no-any-return]
