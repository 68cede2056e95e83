"""The OpenAPI description of facets."""

from typing import Any

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "description": "The number of products."}


def _object(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(item: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"type": "array", "items": item, **({"description": description} if description else {})}


_VALUES = _list(_object({"value": _TEXT, "count": _COUNT}))
_ANY_VALUE = {"type": ["string", "number", "boolean"]}
_LABEL = {"type": "string", "description": "What people read, in the language of the response."}
_LABELLED = _list(_object({"value": _TEXT, "label": _LABEL, "count": _COUNT}))
_ID = {"type": "integer"}

_FACETS = _object(
    {
        "categories": _list(
            _object(
                {
                    "id": _ID,
                    "name": _TEXT,
                    "slug": _TEXT,
                    "parent_id": {"type": ["integer", "null"]},
                    "count": _COUNT,
                }
            ),
            "Subcategories are counted with each category.",
        ),
        "brands": _VALUES,
        "price": {
            **_object({"min": _TEXT, "max": _TEXT}),
            "type": ["object", "null"],
            "description": "The lowest and the highest current price; null without products.",
        },
        "attributes": _list(
            _object(
                {
                    "slug": _TEXT,
                    "name": _TEXT,
                    "kind": _TEXT,
                    "values": _list(
                        _object(
                            {"value": _ANY_VALUE, "label": _LABEL, "count": _COUNT},
                            optional=("label",),
                        ),
                        "`value` is for the filter. Texts have a `label`.",
                    ),
                    "min": {"type": "number", "description": "Only of numbers."},
                    "max": {"type": "number", "description": "Only of numbers."},
                },
                optional=("min", "max"),
            )
        ),
        "options": _list(
            _object({"name": _TEXT, "label": _LABEL, "values": _LABELLED}),
            "The options of products with variants, for `option.<name>=`.",
        ),
        "is_estimated": {
            "type": "boolean",
            "description": "Whether the counts are estimates from a sample, because the list has "
            "many thousand products. Values that few products have may be missing.",
        },
    }
)
# Not an object itself, because drf-spectacular would look for an example of each member.
FACETS: dict[str, Any] = {
    "allOf": [_FACETS],
    "description": "With `include=facets`: the values of each filter that products have, those of "
    "most products first, counted as if this filter were open.",
    "example": {
        "categories": [{"id": 4, "name": "Teapots", "slug": "teapots", "parent_id": 3, "count": 2}],
        "brands": [{"value": "Hearth", "count": 2}],
        "price": {"min": "12.50", "max": "49.00"},
        "attributes": [
            {
                "slug": "material",
                "name": "Material",
                "kind": "choice",
                "values": [{"value": "Clay", "label": "Clay", "count": 2}],
            }
        ],
        "options": [
            {
                "name": "Size",
                "label": "Size",
                "values": [{"value": "M", "label": "M", "count": 1}],
            }
        ],
        "is_estimated": False,
    },
}
