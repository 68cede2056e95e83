"""Structured data of pages for search engines, as JSON-LD with the vocabulary of schema.org.

It is made of the body of a response, so that it says what the page shows, without a statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from catalog.options.meanings import meaning_of
from catalog.products.identifiers import valid_gtin
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
_SCHEMA = "https://schema.org"


def wants_json_ld(query: Mapping[str, Any]) -> bool:
    """Return whether a request asks for structured data. Raises InvalidField for another value."""
    value = query.get("include")
    if value not in (None, JSON_LD):
        reason = _("The value must be one of: {choices}.").format(choices=JSON_LD)
        raise InvalidField(field="include", reason=reason)
    return value is not None


def json_ld_of_product(body: Mapping[str, Any], *, origin: str, language: str) -> str:
    """Return the product, or the group of its variants, and its breadcrumbs.

    ``body`` is that of the response about the product.
    """
    is_group = bool(body["variants"])
    product = _group(body) if is_group else _product(body, body["choice"], body["image"])
    if body["parent_id"] is not None:
        product["inProductGroupWithID"] = str(body["parent_id"])
    return _script([product, *_breadcrumbs(body["breadcrumbs"], origin, language)])


def json_ld_of_category(body: Mapping[str, Any], *, origin: str, language: str) -> str:
    """Return the breadcrumbs of a category, which end with it."""
    return _script(_breadcrumbs([*body["path"], body], origin, language))


def _script(graph: Sequence[dict[str, Any]]) -> str:
    text = dumps({"@context": _SCHEMA, "@graph": graph}).decode()
    return text.translate(_ESCAPES)


def _group(body: Mapping[str, Any]) -> dict[str, Any]:
    varies = {meaning_of(option["name"]) for option in body["options"]} - {None}
    variants = []
    for variant in body["variants"]:
        shared = {name: body[name] for name in ("name", "canonical_url", "currency", "brand")}
        values = " / ".join(variant["choice"].values())
        named = {**shared, **variant, "name": f"{body['name']} – {values}", "description_text": ""}
        variants.append(_product(named, variant["choice"], variant["image"] or body["image"]))
    return {
        "@type": "ProductGroup",
        "productGroupID": str(body["id"]),
        **_about(body),
        "variesBy": [f"{_SCHEMA}/{name}" for name in sorted(map(str, varies))],
        "hasVariant": variants,
    }


def _product(
    body: Mapping[str, Any], choice: Mapping[str, str], image: Mapping[str, Any] | None
) -> dict[str, Any]:
    meanings = ((meaning_of(name), value) for name, value in choice.items())
    return _without_empty(
        {
            "@type": "Product",
            **_about(body),
            "image": _images(body) or ([image["large"]] if image else []),
            "sku": body["sku"],
            "gtin": valid_gtin(body["barcode"]),
            **{meaning: value for meaning, value in meanings if meaning},
            "offers": _offer(body),
        }
    )


def _about(body: Mapping[str, Any]) -> dict[str, Any]:
    brand = {"@type": "Brand", "name": body["brand"]} if body["brand"] else None
    return _without_empty(
        {
            "name": body["name"],
            "description": body["description_text"],
            "url": body["canonical_url"],
            "image": _images(body),
            "brand": brand,
        }
    )


def _images(body: Mapping[str, Any]) -> list[str]:
    return [image["large"] for image in body.get("images", ())]


def _offer(body: Mapping[str, Any]) -> dict[str, Any]:
    availability = "InStock" if body["in_stock"] else "OutOfStock"
    return {
        "@type": "Offer",
        "url": body["canonical_url"],
        "price": body["price"],
        "priceCurrency": body["currency"],
        "availability": f"{_SCHEMA}/{availability}",
    }


def _breadcrumbs(
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


def _without_empty(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in ("", None, [])}
