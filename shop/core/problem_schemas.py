"""The schemas of errors in the OpenAPI document: one for each code, with its facts as members.

Their unions are discriminated by ``code``, so that a generated client that has compared the code of
a problem knows its other members.
"""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shop.core.errors import NotFound, ShopError, UnsupportedEncoding
from shop.core.handlers import CODES, problem_with_errors, title_of

SCHEMAS = "#/components/schemas/"
_FIELD_PROBLEMS = {"type": "array", "items": {"$ref": f"{SCHEMAS}FieldProblem"}}
_PROBLEMS = {
    "type": "array",
    "description": "All that prevents the order, this first. Each has the facts of its code.",
    "items": {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "blocking": {"type": "boolean"},
            "field": {"type": "string"},
            "detail": {"type": "string"},
        },
        "required": ["code", "blocking", "field", "detail"],
        "additionalProperties": True,
    },
}
_COMMON: dict[str, dict[str, Any]] = {
    "type": {"type": "string"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string", "description": "What went wrong, and what to do."},
    "code": {"type": "string"},
}
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


@dataclass(frozen=True)
class Problem:
    """An error of an operation, with its schema and an example of its body."""

    name: str
    schema: dict[str, Any]
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The code that its schema requires."""
        return code_of(self.schema)


def problem_of(error: ShopError) -> Problem:
    """Return an error of the shop. Each member of its example is required."""
    body = problem_with_errors(error)
    schema = _schema(body, inspect.getdoc(type(error)) or "")
    if error.field:
        schema["properties"]["field"] = {
            "const": error.field,
            "type": "string",
            "description": "The member of the body that it is about, if the body has it.",
        }
    if error.reports_all:
        schema["properties"]["problems"] = _PROBLEMS
    return Problem(error.schema_name or name_of(error.code), schema, body)


def plain_problem(status: int, detail: str) -> Problem:
    """Return an error of the request itself: a 400 may name fields, a header has a reason."""
    code = CODES[status]
    body = {
        "type": "about:blank",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "code": code,
    }
    described = {ShopError.code: detail, NotFound.code: NotFound.message}
    schema = _schema(body, f"{status}: {described.get(code, title_of(status))}")
    if code == ShopError.code:
        schema["properties"]["errors"] = _FIELD_PROBLEMS
    if code in {ShopError.code, UnsupportedEncoding.code}:
        schema["properties"]["reason"] = {"type": "string"}
    return Problem(name_of(code), schema, body)


def name_of(code: str) -> str:
    """Return the name of a code's schema: OutOfStockProblem for out_of_stock."""
    return f"{''.join(word.capitalize() for word in code.split('_'))}Problem"


def code_of(schema: dict[str, Any]) -> str:
    """Return the code of a problem's schema, or an empty string for any other schema."""
    return str(schema.get("properties", {}).get("code", {}).get("const", ""))


def one_for_each_code(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems, with those of one code but different names merged into one."""
    by_code: dict[str, dict[str, Problem]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, {})[problem.name] = problem
    return [_merge(code, list(same.values())) for code, same in by_code.items()]


def union(problems: Iterable[Problem]) -> dict[str, Any]:
    """Return the schema of problems that differ by ``code``."""
    references = {problem.code: f"{SCHEMAS}{problem.name}" for problem in problems}
    if len(references) == 1:
        return {"$ref": next(iter(references.values()))}
    return {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "code", "mapping": references},
    }


def add_union(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of a document with ``Problem``, which is any of its problems."""
    found = [Problem(name, schema, {}) for name, schema in schemas.items() if code_of(schema)]
    problems = one_for_each_code(found)
    merged = {problem.name: problem.schema for problem in problems}
    described = {"description": "RFC 9457 problem details. `code` tells which members it has."}
    return dict(sorted({**schemas, **merged, "Problem": described | union(problems)}.items()))


def _merge(code: str, problems: list[Problem]) -> Problem:
    """Return a problem with the members of all: optional unless all require them."""
    first, *others = problems
    if not others:
        return first
    required = set.intersection(*(set(problem.schema["required"]) for problem in problems))
    schema = {
        "type": "object",
        "description": f"{first.schema['properties']['status']['const']}: one of several errors "
        f"with the code `{code}`.",
        "properties": {
            name: member
            for problem in reversed(problems)
            for name, member in problem.schema["properties"].items()
        },
        "required": [name for name in first.schema["required"] if name in required],
    }
    return Problem(f"Any{name_of(code)}", schema, first.body)


def _schema(body: dict[str, Any], description: str) -> dict[str, Any]:
    """Return the schema of an error, of which ``body`` is an example."""
    facts = {name: _schema_of(name, body[name]) for name in body if name not in _COMMON}
    common = {name: dict(schema) for name, schema in _COMMON.items()}
    for name in ("status", "code"):
        common[name]["const"] = body[name]
    return {
        "type": "object",
        "description": description,
        "properties": {**common, **facts},
        "required": [*common, *facts],
    }


def _schema_of(name: str, value: Any) -> dict[str, Any]:
    """Return the schema of a fact, of which ``value`` is an example."""
    if name == "errors":
        return _FIELD_PROBLEMS
    if isinstance(value, list) and isinstance(value[0], dict):
        item = {"type": "object", "additionalProperties": True}
        return {"type": "array", "items": item, "examples": [value]}
    if isinstance(value, list):
        return {"type": "array", "items": {"type": _TYPES[type(value[0])]}, "examples": [value]}
    return {"type": _TYPES[type(value)], "examples": [value]}
