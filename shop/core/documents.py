"""The OpenAPI document and its page, by drf-spectacular, for anonymous clients."""

from functools import cache
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import translation
from django.utils.encoding import force_bytes
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from shop.core.audiences import Audience, part_for
from shop.core.languages import DEFAULT
from shop.core.viewsets import StrictView

_METHODS = ["get", "head"]


class PartGenerator(SchemaGenerator):
    """Generates a part of the document, for one audience."""

    audience: ClassVar[Audience]

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - drf-spectacular's signature
        """Return the part."""
        whole = super().get_schema(request, public)  # type: ignore[no-untyped-call]
        return part_for(whole, self.audience)


class StoreGenerator(PartGenerator):
    """Generates the part for storefronts."""

    audience = "buyers"


class AdminGenerator(PartGenerator):
    """Generates the part for apps of staff."""

    audience = "staff"


class SchemaView(StrictView, SpectacularAPIView):
    """The OpenAPI document, in YAML or JSON. It is the same for every user."""

    http_method_names = _METHODS

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the document, which a process renders once."""
        renderer = request.accepted_renderer
        name = f'inline; filename="shop.{renderer.format}"'
        return HttpResponse(
            _render(type(renderer), self.generator_class),  # type: ignore[arg-type]  # classes are hashable
            content_type=f"{renderer.media_type}; charset=utf-8",
            headers={"Content-Disposition": name, "Vary": "Accept"},
        )


class DocsView(StrictView, SpectacularSwaggerSplitView):
    """Swagger UI, from files of the shop's own host, without inline scripts and styles."""

    http_method_names = _METHODS
    template_name = "shop/docs.html"
    query_parameters = (OpenApiParameter("script", description="Set by the page for its script."),)


@cache
def _render(renderer: type[BaseRenderer], generator: type[SchemaGenerator]) -> bytes:
    """Return the document. Rendering takes a quarter of a second, so a process does it once.

    Its sentences are in the default language, whoever asks first.
    """
    with translation.override(DEFAULT):
        schema = generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        return force_bytes(renderer().render(schema, renderer_context={}))
