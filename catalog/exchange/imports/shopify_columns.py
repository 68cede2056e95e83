"""The columns of Shopify's product CSV, in the spelling of its older and its newer files."""

import re

from catalog.exchange.imports.conversions import metadata_key
from catalog.limits import MAX_OPTIONS
from shop.core.slugs import fold_name, normalize_slug

OF_PRODUCT = {
    "slug": "Handle",
    "name": "Title",
    "description": "Body (HTML)",
    "brand": "Vendor",
    "category_name": "Type",
    "tags": "Tags",
    "is_published": "Published",
    "seo_title": "SEO Title",
    "seo_description": "SEO Description",
}
OF_VARIANT = {
    "sku": "Variant SKU",
    "price": "Variant Price",
    "compare_at_price": "Variant Compare At Price",
    "stock": "Variant Inventory Qty",
    "backorder": "Variant Inventory Policy",
    "track_stock": "Variant Inventory Tracker",
    "weight": "Variant Grams",
    "requires_shipping": "Variant Requires Shipping",
    "tax_code": "Variant Tax Code",
    "barcode": "Variant Barcode",
    "private_metadata.cost": "Cost per item",
}
OF_IMAGE = {"picture": "Image Src", "position": "Image Position", "alt": "Image Alt Text"}
TAXABLE = "Variant Taxable"
CATEGORY = "Product Category"
WEIGHT = "Variant Weight"
"""In the unit of ``UNIT``, in the files of programs that edit the products of Shopify."""
UNIT = "Variant Weight Unit"
OPTIONS = [f"Option{n} {part}" for n in range(1, MAX_OPTIONS + 1) for part in ("Name", "Value")]
KNOWN = (
    *OF_PRODUCT.values(),
    *OF_VARIANT.values(),
    *OF_IMAGE.values(),
    *OPTIONS,
    "Variant Image",
    UNIT,  # of the weight that Shopify shows; Variant Grams are always grams
    WEIGHT,
    TAXABLE,
    "Status",
    CATEGORY,
    "Collection",
)
"""The columns that are read."""
_NEWER = {
    "url handle": "Handle",
    "description": "Body (HTML)",
    "published on online store": "Published",
    "sku": "Variant SKU",
    "barcode": "Variant Barcode",
    "price": "Variant Price",
    "compare-at price": "Variant Compare At Price",
    "compare at price": "Variant Compare At Price",
    "charge tax": TAXABLE,
    "tax code": "Variant Tax Code",
    "inventory tracker": "Variant Inventory Tracker",
    "inventory quantity": "Variant Inventory Qty",
    "continue selling when out of stock": "Variant Inventory Policy",
    "weight value (grams)": "Variant Grams",
    "weight unit for display": "Variant Weight Unit",
    "requires shipping": "Variant Requires Shipping",
    "product image url": "Image Src",
    "variant image url": "Variant Image",
    "standard product type": CATEGORY,
    "custom product type": "Type",
    "custom collections": "Collection",
    "body html": "Body (HTML)",
    "variant cost": "Cost per item",
    "metafield: title_tag": "SEO Title",
    "metafield: description_tag": "SEO Description",
}
_BY_NAME = {fold_name(name): name for name in KNOWN} | _NEWER
_METAFIELD = re.compile(r"(.*) \((product|variant)\.metafields\.([^.)]+)\.([^)]+)\)", re.IGNORECASE)
_OTHER_METAFIELD = re.compile(r"(variant )?metafield: ([^ \[]+?)\s*(?:\[.*\])?", re.IGNORECASE)
_TYPE = re.compile(r"\s*\[.*\]$")
"""The type of a metafield, after its name."""
ATTRIBUTES = "attributes"
"""The namespace of the metafields that an export makes of attributes."""
_OWN_NAMESPACE = "shop"
"""The namespace of the metafields that an export makes of keys without one."""
_GOOGLE = "google shopping / "


def canonical(title: str) -> str:
    """Return the name of a column in older files, or ``metadata.KEY`` for a metafield, or "".

    A metafield that an export has made of an attribute is ``attr.SLUG``.
    """
    folded = _TYPE.sub("", fold_name(title))
    if folded in _BY_NAME:
        return _BY_NAME[folded]
    if folded.startswith(_GOOGLE):
        return f"metadata.google.{metadata_key(folded.removeprefix(_GOOGLE))}"
    if found := _METAFIELD.fullmatch(title.strip()):
        return _metafield(found[2].lower(), found[3], found[4])
    if found := _OTHER_METAFIELD.fullmatch(title.strip()):
        namespace, _, key = found[2].partition(".")
        return _metafield("variant" if found[1] else "product", namespace, key)
    return ""


def _metafield(owner: str, namespace: str, key: str) -> str:
    if (owner, namespace) == ("product", ATTRIBUTES):
        return f"attr.{normalize_slug(key)}"
    own = namespace == _OWN_NAMESPACE or not key
    full = metadata_key((key or namespace) if own else f"{namespace}.{key}")
    return f"{'' if owner == 'product' else 'variant '}metadata.{full}"


def metafield_title(key: str, owner: str = "product") -> str:
    """Return the name of the column that ``canonical`` reads as a key of metadata."""
    if key.startswith("google.") and owner == "product":
        return f"Google Shopping / {key.removeprefix('google.').replace('_', ' ').capitalize()}"
    namespace, dot, name = key.partition(".")
    if not dot:
        namespace, name = _OWN_NAMESPACE, key
    return f"{name} ({owner}.metafields.{namespace}.{name})"


def attribute_title(slug: str, name: str) -> str:
    """Return the name of the column that ``canonical`` reads as an attribute."""
    return f"{name} (product.metafields.{ATTRIBUTES}.{slug})"


def attribute_name(title: str) -> str:
    """Return the name of the attribute in a column that ``attribute_title`` has named, or ""."""
    found = _METAFIELD.fullmatch(title.strip())
    is_attribute = found and (found[2].lower(), found[3]) == ("product", ATTRIBUTES)
    return found[1] if found and is_attribute else ""


def is_metafield(title: str) -> bool:
    """Return whether a column has a metafield."""
    name = canonical(title)
    return name.startswith("attr.") or ("metadata." in name and not name.startswith("private_"))
