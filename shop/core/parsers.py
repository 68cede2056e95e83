"""Readers of bodies. The strict one of JSON refuses what two could read in two ways (RFC 8259)."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.http import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser, MultiPartParser

from shop.core.errors import Unavailable

MAX_DEPTH = 20


class StrictJSONParser(JSONParser):
    """Reads UTF-8 JSON; refuses duplicate members, NaN, NUL, lone surrogates, deep nesting."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value. Raises ParseError, a 400, for anything that is not strict JSON."""
        try:
            return loads(stream.read())
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, _Refused) else "it is not well-formed"
            raise ParseError(f"The body is not valid JSON: {reason}.") from None


class UploadParser(MultiPartParser):
    """Reads a form with files, which lie in the system's temporary folder if they are large."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the form. Raises ParseError, a 400, or Unavailable where the disk is full."""
        try:
            return super().parse(stream, media_type, parser_context)
        except UnreadablePostError:
            raise
        except OSError as error:
            raise Unavailable from error


class _Refused(ValueError):
    """Well-formed for ``json``, refused here; its text may be shown to the client."""


def loads(raw: bytes) -> Any:
    """Read strict JSON. Raises ValueError (RecursionError for absurd nesting)."""
    text = raw.decode("utf-8")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    value = _STRICT.decode(text)
    # Only an escape can bring a NUL or a lone surrogate past UTF-8 and the JSON grammar.
    if "\\u" in text:
        _check_strings(value)
    return value


def _check_depth(text: str) -> None:
    """Count brackets outside strings; a malformed text is left for ``json`` to refuse."""
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
                raise _Refused(f"it is nested deeper than {MAX_DEPTH} levels")
        elif char in "]}":
            depth -= 1


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Refused("a member is given twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Refused("a number is too large")
    return number


# One for all: json.loads would build another for each body.
_STRICT = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite
)


def _check_strings(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise _Refused("a string holds a NUL character")
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise _Refused("a string holds half of a surrogate pair")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_strings(name)
            _check_strings(member)
    elif isinstance(value, list):
        for member in value:
            _check_strings(member)
