"""Strict JSON: unambiguous documents only (RFC 8259)."""

import json
from typing import Any, NoReturn

from django.utils.translation import gettext as _

MAX_DEPTH = 20


class StrictJSONError(ValueError):
    """Valid for ``json``, but not strict JSON. Its text is part of the response."""


def loads(raw: bytes) -> Any:
    """Parse strict JSON. Raises ValueError, or RecursionError for extreme nesting."""
    text = raw.decode("utf-8")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    value = _STRICT.decode(text)
    # UTF-8 and the grammar of JSON exclude NUL and lone surrogates, unless they are escaped.
    if "\\u" in text:
        _check_strings(value)
    return value


def _check_depth(text: str) -> None:
    """Count the brackets outside strings. ``json`` detects malformed texts later."""
    depth = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise StrictJSONError(
                    _("it is nested deeper than {limit} levels").format(limit=MAX_DEPTH)
                )
        elif char in "]}":
            depth -= 1


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise StrictJSONError(_("an object has two members of the same name"))
    return members


def _no_constant(name: str) -> NoReturn:
    raise StrictJSONError(_("{name} is not a JSON number").format(name=name))


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise StrictJSONError(_("a number is too large"))
    return number


# json.loads would create a decoder for each body.
_STRICT = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite
)


def _check_strings(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise StrictJSONError(_("a string contains a NUL character"))
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise StrictJSONError(_("a string contains half of a surrogate pair"))
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_strings(name)
            _check_strings(member)
    elif isinstance(value, list):
        for member in value:
            _check_strings(member)
