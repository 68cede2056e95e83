"""Schemathesis's hooks: integers are written as integers.

JSON Schema calls 2.0 an integer; the shop refuses it (RELIABILITY R14), and no schema can say so.
"""

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Write 2.0 as 2 at the top of a body, where all our integers are."""
    if not isinstance(body, dict):
        return body
    return {name: _integer(value) for name, value in body.items()}


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
