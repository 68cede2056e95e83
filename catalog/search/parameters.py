"""The query of the list of products, described for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from catalog.limits import MAX_FILTER_VALUES, MAX_RANKED_RESULTS, SEARCH_LENGTH
from catalog.search.filters import ATTRIBUTE_PATTERN, METADATA_PATTERN, ORDERINGS
from shop.core.fields import MAX_ID
from shop.core.pagination import ShopPagination

_AMOUNT = {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$"}
_VALUES = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "maxItems": MAX_FILTER_VALUES,
}


def _parameter(name: str, schema: dict[str, Any], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, description=description)


FIELDS = _parameter(
    "fields",
    {"type": "string", "examples": ["id,name,price"]},
    "The members wanted of a product beside its id, by commas; all unless told.",
)
LIST_PARAMETERS = [
    _parameter(
        "search",
        {"type": "string", "maxLength": SEARCH_LENGTH, "pattern": r"[^\s\x1c-\x1f\x85]"},
        "Words, each of which is in the name, brand, tags, SKUs, options or description, in some "
        f"form; typing errors are forgiven. By relevance {MAX_RANKED_RESULTS} products at most.",
    ),
    _parameter(
        "category",
        {"type": "integer", "minimum": 1, "maximum": MAX_ID},
        "The id of a category: with all below it.",
    ),
    _parameter("min_price", _AMOUNT, "The least price of now, sales included."),
    _parameter("max_price", _AMOUNT, "The greatest price of now, sales included."),
    _parameter("in_stock", {"type": "boolean"}, "Whether some may be bought now."),
    _parameter("on_sale", {"type": "boolean"}, "Whether the price is a reduced one."),
    _parameter("brand", _VALUES, "A brand; given again, any of them."),
    _parameter("tag", _VALUES, "A tag; given again, any of them."),
    _parameter(
        "attributes",
        {
            "type": "object",
            "patternProperties": {ATTRIBUTE_PATTERN: {"type": "string", "minLength": 1}},
            "additionalProperties": False,
        },
        "`attr.<slug>=`: a value of an attribute, given again any of them; of a number also "
        "`attr.<slug>.min=` and `attr.<slug>.max=`.",
    ),
    _parameter(
        "metadata",
        {
            "type": "object",
            "patternProperties": {METADATA_PATTERN: {"type": "string"}},
            "additionalProperties": False,
        },
        "For staff: `metadata.<key>=`, the value of a key; given again any of them.",
    ),
    OpenApiParameter(
        "ordering",
        enum=ORDERINGS,
        description="By id unless told, a search by relevance. Equals are by id, the same way.",
    ),
    _parameter(
        "after",
        {"type": "string"},
        "A cursor, in place of `page`: empty to begin, then as `next` has it. It costs the same "
        "however deep it is, and nothing is counted.",
    ),
    FIELDS,
]


class ProductPages(ShopPagination):
    """Describes that ``count`` is null after a cursor; ``Listing`` makes the pages."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page in OpenAPI 3.1."""
        page = super().get_paginated_response_schema(schema)
        page["properties"]["count"]["type"] = ["integer", "null"]
        return page
