"""Structured data of pages for search engines, as JSON-LD with the vocabulary of schema.org.

It is made of the body of a response, so that it says what the page shows, without a statement.
``catalog.products.json_ld`` has that of products.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from shop.core.errors import InvalidField
from shop.core.pages import page_url
from shop.core.renderers import dumps

JSON_LD = "json_ld"
INCLUDE = OpenApiParameter(
    "include",
    {"type": "string", "enum": [JSON_LD]},
    description="`json_ld` adds structured data for search engines.",
)
HELP_TEXT = (
    'Only with `include=json_ld`: the content of `<script type="application/ld+json">`. It has no '
    "`<`, `>` and `&`, so that it can be inserted into HTML as it is."
)
# In JSON these characters occur in texts only. U+2028 and U+2029 end lines in JavaScript.
_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})
SCHEMA = "https://schema.org"


def wants_json_ld(query: Mapping[str, Any]) -> bool:
    """Return whether a request asks for structured data. Raises InvalidField for another value."""
    value = query.get("include")
    if value not in (None, JSON_LD):
        reason = _("The value must be one of: {choices}.").format(choices=JSON_LD)
        raise InvalidField(field="include", reason=reason)
    return value is not None


def json_ld_of_category(body: Mapping[str, Any], *, origin: str, language: str) -> str:
    """Return the breadcrumbs of a category, which end with it."""
    return script_of(breadcrumbs([*body["path"], body], origin, language))


def script_of(graph: Sequence[dict[str, Any]]) -> str:
    """Return the content of a script about these things."""
    text = dumps({"@context": SCHEMA, "@graph": graph}).decode()
    return text.translate(_ESCAPES)


def breadcrumbs(
    path: Iterable[Mapping[str, Any]], origin: str, language: str
) -> list[dict[str, Any]]:
    """Return the list of categories with the URLs of their pages, or nothing if it is empty."""
    page = settings.STOREFRONT_PAGES["category"]
    items = [
        {
            "@type": "ListItem",
            "position": position,
            "name": link["name"],
            "item": page_url(
                page, origin=origin, slug=link["slug"], pk=link["id"], language=language
            ),
        }
        for position, link in enumerate(path, start=1)
    ]
    return [{"@type": "BreadcrumbList", "itemListElement": items}] if items else []
