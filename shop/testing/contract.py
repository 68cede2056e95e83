"""Compares the responses of tests with the OpenAPI document.

Every response of the clients of ``shop.testing.fixtures`` is compared, so that each test shows that
the document is right, also about members that it does not name.
"""

import gzip
import json
import re
from functools import cache
from threading import Lock
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from jsonschema_rs import Draft202012Validator

from shop.core.audiences import MARK

_lock = Lock()  # spectacular cannot create the document in two threads of a race at once
_CONTENT_TYPES = ("application/json", "application/problem+json")


def assert_documented(method: str, path: str, query: str, response: HttpResponse) -> None:
    """Fail if the document does not describe the response exactly: its code, each member, its type.

    Ignored are paths, methods and statuses that the document does not have, and sparse fields.
    """
    content_type = response.get("Content-Type", "")
    if content_type not in _CONTENT_TYPES or response.streaming or "fields=" in query:
        return
    with _lock:
        template = _template(path)
        validator = _validator(template, method.lower(), str(response.status_code), content_type)
    if validator is None:
        return
    is_compressed = response.get("Content-Encoding") == "gzip"
    body = json.loads(gzip.decompress(response.content) if is_compressed else response.content)
    errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(body)]
    assert not errors, f"{method} {path} {response.status_code} {body}: {errors}"


def strict(schema: Any) -> Any:
    """Return a schema whose objects have no other members than those that it names."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: strict(item) for name, item in schema.items() if name != MARK}
    if isinstance(result.get("properties"), dict) and "type" in result:
        result.setdefault("additionalProperties", False)
    return result


@cache
def document() -> dict[str, Any]:
    """Return the whole document, with strict schemas."""
    whole = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schemas = strict(json.loads(json.dumps(whole["components"]["schemas"])))
    return {**whole, "components": {**whole["components"], "schemas": schemas}}


@cache
def _template(path: str) -> str | None:
    for template in document()["paths"]:
        if re.fullmatch(re.sub(r"{\w+}", "[0-9]{1,18}", template), path):
            return str(template)
    kind = re.fullmatch(r"(/api/(?:products|categories)/)[^/]+/", path)
    return f"{kind[1]}{{id}}/" if kind else None  # by slug


@cache
def _validator(
    template: str | None, method: str, status: str, content_type: str
) -> Draft202012Validator | None:
    operation = document()["paths"].get(template, {}).get(method, {})
    response = operation.get("responses", {}).get(status, {})
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content", {}).get(content_type)
    if content is None:
        return None
    schema = strict(content["schema"])
    return Draft202012Validator({**schema, "components": {"schemas": _schemas_of(schema)}})


def _schemas_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas that this one refers to, also indirectly: all would take much memory."""
    schemas = document()["components"]["schemas"]
    needed: dict[str, Any] = {}
    names = _names_in(schema)
    while names:
        name = names.pop()
        if name not in needed:
            needed[name] = schemas[name]
            names |= _names_in(schemas[name])
    return needed


def _names_in(schema: Any) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema)))
