"""Schemathesis's hooks, for what a schema cannot say and a checker cannot know.

JSON Schema calls 2.0 an integer; the shop refuses it (RELIABILITY R14). And a key that an earlier
scenario used brings that one's product again, which may be archived by now.
"""

import re
from typing import Any
from uuid import uuid4

import schemathesis

_BARE_KEY = re.compile(r"[\x21\x23-\x7e][\x21-\x7e]{0,254}")


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Write 2.0 as 2 at the top of a body, where all our integers are."""
    if not isinstance(body, dict):
        return body
    return {name: _integer(value) for name, value in body.items()}


@schemathesis.hook
def map_headers(context: Any, headers: Any) -> Any:
    """Give each new product a key that was never used; a key that is none stays as it is."""
    key = (headers or {}).get("Idempotency-Key", "")
    if context.operation.label != "POST /api/products/" or not _BARE_KEY.fullmatch(str(key)):
        return headers
    return {**headers, "Idempotency-Key": uuid4().hex}


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
