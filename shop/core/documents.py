"""The schema and its page: drf-spectacular's views, fit for strangers."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from django.utils.encoding import force_bytes
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_METHODS = ["get", "head"]


class SchemaView(SpectacularAPIView):
    """The OpenAPI document, in YAML or JSON as ``Accept`` says; the same for everyone."""

    http_method_names = _METHODS

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer from the bytes that this process wrote once, whatever the query."""
        renderer = request.accepted_renderer
        name = f'inline; filename="shop.{renderer.format}"'
        return HttpResponse(
            _written(type(renderer)),  # type: ignore[arg-type]  # a class is hashable
            content_type=f"{renderer.media_type}; charset=utf-8",
            headers={"Content-Disposition": name, "Vary": "Accept"},
        )


class DocsView(SpectacularSwaggerView):
    """Swagger UI, from local files."""

    http_method_names = _METHODS


@cache
def _written(renderer: type[BaseRenderer]) -> bytes:
    """Return the document; to write it takes a quarter of a second, which no stranger may ask for
    again and again.
    """
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return force_bytes(renderer().render(schema, renderer_context={}))
