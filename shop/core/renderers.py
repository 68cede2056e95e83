"""JSON responses by orjson, which is several times faster than the standard library."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_encode_other = JSONEncoder().default  # decimals and lazy strings, as DRF writes them


class ShopJSONRenderer(JSONRenderer):
    """Renders compact UTF-8 JSON, and an empty body for None."""

    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the bytes of ``data``."""
        return b"" if data is None else dumps(data)


def dumps(data: Any) -> bytes:
    """Return ``data`` as JSON bytes."""
    return orjson.dumps(data, default=_encode_other, option=orjson.OPT_UTC_Z)


def respond(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return a response with ``body`` as JSON, for the frequent operations.

    DRF's ``Response`` does the same, but as a template that is rendered later, which takes a
    twentieth of the time of a short request.
    """
    return HttpResponse(
        dumps(body), status=status, content_type="application/json", headers=headers
    )
