"""The two parts of the OpenAPI document: for storefronts, and for apps of staff.

An operation or a member that only one audience has is marked with ``x-audience`` in the whole
document. Those without the mark are in both parts.
"""

from collections.abc import Iterator
from typing import Any, Literal

from shop.core.problem_schemas import add_union

Audience = Literal["buyers", "staff"]
MARK = "x-audience"


def part_for(document: dict[str, Any], audience: Audience) -> dict[str, Any]:
    """Return the part of a document that an audience needs, without the marks."""
    titles = {"buyers": "Shop API for storefronts", "staff": "Shop API for staff"}
    part = {
        **document,
        "info": {**document["info"], "title": titles[audience]},
        "paths": _without_others(document["paths"], audience),
        "components": _without_others(document["components"], audience),
    }
    part["paths"] = {path: methods for path, methods in part["paths"].items() if methods}
    part = _without_unused_components(part)
    part["components"]["schemas"] = add_union(part["components"]["schemas"])
    return part


def _without_unused_components(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without the components that no operation refers to."""
    components, used, new = document["components"], set(), set(_references(document["paths"]))
    while new:
        used |= new
        new = {
            other
            for kind, name in new
            for other in _references(components[kind][name])
            if other not in used
        }
    kept = {
        kind: {name: value for name, value in named.items() if (kind, name) in used}
        for kind, named in components.items()
        if kind != "securitySchemes"
    }
    return {**document, "components": {**components, **kept}}


def _without_others(value: Any, audience: Audience) -> Any:
    """Remove whatever is marked for another audience, at any depth, and the marks."""
    if isinstance(value, list):
        return [_without_others(item, audience) for item in value if _is_for(item, audience)]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_others(item, audience)
        for name, item in value.items()
        if name != MARK and _is_for(item, audience)
    }


def _is_for(value: Any, audience: Audience) -> bool:
    return not isinstance(value, dict) or value.get(MARK, audience) == audience


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Yield kind and name of each component that a value refers to, also in a mapping."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, str) and value.startswith("#/components/"):
        _, _, kind, name = value.split("/")
        yield kind, name
