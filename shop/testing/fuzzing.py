"""Hooks of schemathesis, for rules that a schema cannot describe.

2.0 is an integer in JSON Schema, but not in the API (RELIABILITY R14). The pattern of slugs allows
more characters beyond ASCII than the API. An Idempotency-Key that an earlier scenario used returns
the product of that scenario, which may be archived since. The schema of a response describes all
members, so no request has sparse fields. Reads are of rows that exist.
"""

import re
from typing import Any
from uuid import uuid4

import schemathesis

from shop.core.slugs import PATTERN, is_slug, normalize_slug

_ROWS = 3
_MAX_ID = 10**18
_BARE_KEY = re.compile(r"[\x21\x23-\x7e][\x21-\x7e]{0,254}")


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Replace integral floats such as 2.0 by integers, and slugs that only the pattern allows.

    Values that are nested deeper are not changed.
    """
    if not isinstance(body, dict):
        return body
    return {
        name: _slug(value) if name == "slug" else _integer(value) for name, value in body.items()
    }


@schemathesis.hook
def map_headers(context: Any, headers: Any) -> Any:
    """Use a new key for each new product, unless the key is invalid on purpose."""
    key = (headers or {}).get("Idempotency-Key", "")
    if context.operation.label != "POST /api/products/" or not _BARE_KEY.fullmatch(str(key)):
        return headers
    return {**headers, "Idempotency-Key": uuid4().hex}


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """Ask for all members."""
    return query and {name: value for name, value in query.items() if name != "fields"}


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Read the first rows, which ``shop.testing.rows`` has made, instead of rows with large ids."""
    if context.operation.method.upper() != "GET" or not isinstance(path_parameters, dict):
        return path_parameters
    return {
        name: 1 + value % _ROWS if type(value) is int and _ROWS < value < _MAX_ID else value
        for name, value in path_parameters.items()
    }


def _slug(value: Any) -> Any:
    if not isinstance(value, str) or value.isascii() or not re.fullmatch(PATTERN, value):
        return value
    slug = normalize_slug(value)
    return value if is_slug(slug) and len(slug) <= len(value) else uuid4().hex


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
