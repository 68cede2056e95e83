"""The headers of requests and responses in the OpenAPI document."""

from typing import Any

_KEY_PATTERN = r'^([\x21\x23-\x7e][\x21-\x7e]{0,254}|"[\x21\x23-\x5b\x5d-\x7e]{1,255}")$'
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "pattern": _KEY_PATTERN},
    "description": "A new key for each new request. A repeated key gets the stored response.",
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The ETag of your copy. If it is still valid, the response is 304.",
}
CART_TOKEN = {
    "in": "header",
    "name": "X-Cart-Token",
    "schema": {"type": "string"},
    "description": "The token of a guest's cart, which is merged into the cart of the user.",
}
HEADERS: dict[str, dict[str, Any]] = {
    "Content-Language": {
        "description": "The language of names and labels.",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The version of the response. Send it as If-None-Match.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "`true` if this is the stored response to the key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Location": {"description": "The path of the created object.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds to wait before sending the request again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "schema": {"type": "string"},
    },
    "X-Request-ID": {
        "description": "The id of this request in the logs of the shop.",
        "schema": {"type": "string"},
    },
}
HEADERS_OF_STATUS = {
    "201": ["Location"],
    "401": ["WWW-Authenticate"],
    "429": ["Retry-After"],
    "503": ["Retry-After"],
}
