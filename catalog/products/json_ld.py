"""Structured data of a product for search engines."""

from collections.abc import Mapping
from typing import Any

from catalog.json_ld import SCHEMA, breadcrumbs, script_of
from catalog.options.meanings import meaning_of
from catalog.products.identifiers import valid_gtin


def json_ld_of_product(body: Mapping[str, Any], *, origin: str, language: str) -> str:
    """Return the product, or the group of its variants, and its breadcrumbs.

    ``body`` is that of the response about the product.
    """
    is_group = bool(body["variants"])
    product = _group(body) if is_group else _product(body, body["choice"], body["image"])
    if body["parent_id"] is not None:
        product["inProductGroupWithID"] = str(body["parent_id"])
    return script_of([product, *breadcrumbs(body["breadcrumbs"], origin, language)])


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
        "variesBy": [f"{SCHEMA}/{name}" for name in sorted(map(str, varies))],
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
        "availability": f"{SCHEMA}/{availability}",
    }


def _without_empty(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in ("", None, [])}
