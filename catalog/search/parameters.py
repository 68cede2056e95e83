"""OpenAPI descriptions of the query parameters of the list of products."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from catalog.limits import (
    MAX_COUNTED_RESULTS,
    MAX_FILTER_VALUES,
    MAX_RANKED_RESULTS,
    SEARCH_LENGTH,
)
from catalog.products.sparse_fields import FIELDS
from catalog.search.facets_schema import FACETS
from catalog.search.identity_filters import MAX_IDS
from catalog.search.query import (
    ATTRIBUTE_PATTERN,
    INCLUDED,
    METADATA_PATTERN,
    OPTION_PATTERN,
    ORDERINGS,
)
from shop.core.audiences import MARK
from shop.core.fields import MAX_ID
from shop.core.pagination import ShopPagination
from shop.core.query import PatternParameter
from shop.core.shop_languages import LANGUAGE
from shop.core.slugs import PATTERN

_AMOUNT = {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$"}
_VALUES = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "maxItems": MAX_FILTER_VALUES,
}


def _parameter(name: str, schema: dict[str, Any], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, description=description)


SEARCH_SCHEMA = {"type": "string", "maxLength": SEARCH_LENGTH, "pattern": r"[^\s\x1c-\x1f\x85]"}
"""What ``read_search`` reads."""

LIST_PARAMETERS = [
    _parameter(
        "search",
        SEARCH_SCHEMA,
        "Words that all occur in the name, brand, tags, SKUs, options, categories, attributes or "
        "description, in any form; the last one may be the beginning of a word. Typing errors are "
        f"corrected. Sorted by relevance, at most the {MAX_RANKED_RESULTS} best products are "
        "returned.",
    ),
    _parameter(
        "category",
        {**_VALUES, "items": {"type": "integer", "minimum": 1, "maximum": MAX_ID}},
        "The id of a category. Its subcategories are included. Repeat the parameter to match any "
        "of several.",
    ),
    _parameter(
        "collection",
        {**_VALUES, "items": {"type": "string", "pattern": PATTERN, "minLength": 1}},
        "The slug of a collection. Repeat the parameter to match any of several.",
    ),
    _parameter(
        "min_price",
        _AMOUNT,
        "The lowest current price, including sales; of products with variants that of the dearest.",
    ),
    _parameter(
        "max_price",
        _AMOUNT,
        "The highest current price, including sales; of products with variants that of the "
        "cheapest.",
    ),
    _parameter("in_stock", {"type": "boolean"}, "Whether the product can be ordered now."),
    _parameter("on_sale", {"type": "boolean"}, "Whether the price is reduced."),
    _parameter("brand", _VALUES, "A brand. Repeat the parameter to match any of several."),
    _parameter("tag", _VALUES, "A tag. Repeat the parameter to match any of several."),
    _parameter(
        "ids",
        {"type": "string", "pattern": rf"^[0-9]{{1,19}}(,[0-9]{{1,19}}){{0,{MAX_IDS - 1}}}$"},
        f"At most {MAX_IDS} ids of products with commas between them, such as `1,2`.",
    ),
    _parameter(
        "slug",
        _VALUES,
        "A slug, also an earlier one. Repeat the parameter to match any of several.",
    ),
    _parameter(
        "sku",
        _VALUES,
        "The SKU of a product or of one of its variants. Repeat it to match any of several.",
    ),
    PatternParameter(
        "attributes",
        ATTRIBUTE_PATTERN,
        {"type": "string", "minLength": 1},
        "`attr.<slug>=` is the value of an attribute. Repeat it to match any of several. Numbers "
        "also have `attr.<slug>.min=` and `attr.<slug>.max=`.",
        shown_as="attr.<slug>",
    ),
    PatternParameter(
        "options",
        OPTION_PATTERN,
        {"type": "string", "minLength": 1},
        "`option.<name>=` is an option value: products with a variant that has it. Case is "
        "ignored. Repeat it to match any of several. One variant matches all options, and then "
        "also `in_stock`, `min_price` and `max_price`.",
        shown_as="option.<name>",
    ),
    PatternParameter(
        "metadata",
        METADATA_PATTERN,
        {"type": "string"},
        "Only for staff: `metadata.<key>=` is the value of a key. Repeat it to match any of them.",
        shown_as="metadata.<key>",
        audience="staff",
    ),
    OpenApiParameter(
        "tax_class",
        {"type": "string", "minLength": 1},
        description="Only for staff: the code of a tax class, or `standard`.",
        extensions={MARK: "staff"},
    ),
    OpenApiParameter(
        "requires_shipping",
        {"type": "boolean"},
        description="Only for staff: whether the product or a variant is shipped.",
        extensions={MARK: "staff"},
    ),
    OpenApiParameter(
        "include",
        enum=INCLUDED,
        description="`facets` adds the values of the filters with the numbers of products.",
    ),
    OpenApiParameter(
        "ordering",
        enum=ORDERINGS,
        description="The default is by id, and for a search by relevance. Products with equal keys "
        "are sorted by id in the same direction.",
    ),
    _parameter(
        "after",
        {"type": "string"},
        "A cursor, as an alternative to `page`. Leave it empty for the first page, then send "
        "`next_cursor`, or follow `next`. Every page is equally fast, and `count` is null.",
    ),
    _parameter(
        "before",
        {"type": "string", "minLength": 1},
        "The `previous_cursor` of a page: returns the page before it.",
    ),
    FIELDS,
    LANGUAGE,
]


_OF_SEARCHES: dict[str, Any] = {
    "count_is_capped": {
        "type": "boolean",
        "description": "Whether there are more products than `count`: more than a search ranks, or "
        f"than the {MAX_COUNTED_RESULTS:,} up to which products that match filters are counted. "
        "Always there for a search, otherwise only if it is true.",
        "example": False,
    },
    "corrected_query": {
        "type": ["string", "null"],
        "description": "Only for a search: what was searched for instead, if no product has a word "
        "of it. Null if nothing was corrected.",
        "example": None,
    },
}


class ProductPages(ShopPagination):
    """Describes a page for OpenAPI. ``Listing`` builds the pages."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Allow null for ``count``, as it is with a cursor, and add the cursors."""
        page = super().get_paginated_response_schema(schema)
        page["properties"]["count"]["type"] = ["integer", "null"]
        cursors = {"next_cursor": "after", "previous_cursor": "before"}
        for name, parameter in cursors.items():
            page["properties"][name] = {
                "type": ["string", "null"],
                "description": f"The value of `{parameter}` for that page. Null for pages by "
                "number, and if there is no such page.",
                "example": None,
            }
        page["required"] += cursors
        page["properties"] |= {"facets": FACETS, **_OF_SEARCHES}
        return page
