"""The check of every request against the parameters that Stripe's SDK declares.

The SDK has a ``TypedDict`` for the parameters of each endpoint, generated from Stripe's OpenAPI
document. A request is refused if it has a key that is not in it, lacks one that is required, or has
a value of another type or enum, at any depth. So our requests and the fake cannot agree on a name
that Stripe does not know.
"""

import sys
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace, UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import stripe
from stripe import params
from stripe.params import radar
from typing_extensions import is_typeddict

_RESOURCES: dict[str, tuple[Any, str]] = {
    "payment_intents": (params, "PaymentIntent"),
    "refunds": (params, "Refund"),
    "charges": (params, "Charge"),
    "events": (params, "Event"),
    "disputes": (params, "Dispute"),
    "reviews": (params, "Review"),
    "radar/early_fraud_warnings": (radar, "EarlyFraudWarning"),
}
_OPTIONS = frozenset(stripe.RequestOptions.__annotations__)
"""Options of the SDK, which are headers and never parameters."""
_NUMBERS = {int: str.isdecimal, bool: {"true", "false"}.__contains__}


def problems_of(method: str, resource: str, rest: list[str], form: dict[str, Any]) -> list[str]:
    """Return the path of each parameter of a request that the SDK does not declare, or not so.

    ``resource`` is the path below ``/v1/`` without the id, ``rest`` the id and the verb, if any.
    """
    declared = _declared(method, resource, rest)
    return ["no such endpoint"] if declared is None else list(problems(declared, form))


def _declared(method: str, resource: str, rest: list[str]) -> Any:
    module, name = _RESOURCES[resource]
    match method, rest:
        case "GET", []:
            verb = "List"
        case "GET", _:
            verb = "Retrieve"
        case _, []:
            verb = "Create"
        case _, [_]:
            verb = "Update"
        case _:
            verb = rest[1].title()
    return getattr(module, f"{name}{verb}Params", None)


def problems(declared: Any, form: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each parameter that a ``TypedDict`` does not declare, or not so."""
    if not isinstance(form, dict):
        yield path
        return
    hints = _hints(declared)
    for name, value in form.items():
        inner = f"{path}[{name}]" if path else name
        if name not in hints:
            yield inner
        else:
            yield from _check(hints[name], value, inner)
    for name in declared.__required_keys__ - form.keys():
        yield f"{path}[{name}] is missing"


@cache
def _hints(declared: Any) -> dict[str, Any]:
    """Return the types of a ``TypedDict``, without the SDK's options."""
    own = {key: hint for key, hint in declared.__annotations__.items() if key not in _OPTIONS}
    module = vars(sys.modules[declared.__module__])
    return get_type_hints(SimpleNamespace(__annotations__=own), module, include_extras=True)


def _check(hint: Any, value: Any, path: str) -> Iterator[str]:
    origin = get_origin(hint)
    if origin in (NotRequired, Required):
        yield from _check(get_args(hint)[0], value, path)
    elif origin in (Union, UnionType):
        found = [list(_check(each, value, path)) for each in _alternatives(hint)]
        # Of several alternatives, the one that comes closest says what is wrong.
        yield from () if [] in found else max(found, key=lambda each: len(each[0]))
    elif is_typeddict(hint):
        yield from problems(hint, value, path)
    elif origin is list:
        for number, each in enumerate(value if isinstance(value, list) else [value]):
            yield from _check(get_args(hint)[0], each, f"{path}[{number}]")
    elif not _is_of(hint, origin, value):
        yield path


def _alternatives(hint: Any) -> list[Any]:
    """Return the members of a union. An enum's is ``Literal[...] | str``, for values of later."""
    members = list(get_args(hint))
    if any(get_origin(each) is Literal and get_args(each) != ("",) for each in members):
        members = [each for each in members if each is not str]
    return members


def _is_of(hint: Any, origin: Any, value: Any) -> bool:
    """Return whether the text or dict of a form is a value of a simple type."""
    if origin is Literal:
        return value in get_args(hint)
    if origin is dict:
        return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    if not isinstance(value, str):
        return False
    return _NUMBERS.get(hint, bool)(value.removeprefix("-")) if hint in _NUMBERS else hint is str
