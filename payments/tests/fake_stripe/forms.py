"""Strict parsing of form-encoded bodies with nested keys (docs.stripe.com/api, "form-encoded").

Functions that read a parameter raise ApiError if it is invalid.
"""

from typing import Any
from urllib.parse import parse_qsl

from payments.tests.fake_stripe.errors import invalid

Form = dict[str, Any]


def parse(text: str) -> Form:
    """Return ``a[b]=1`` as ``{"a": {"b": "1"}}`` and ``a[0]=1``, ``a[]=1`` as ``{"a": ["1"]}``."""
    form: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        target = form
        *path, last = name.replace("]", "").split("[")
        for part in path:
            target = target.setdefault(part, {})
        target[last or str(len(target))] = value
    return {name: _with_lists(value) for name, value in form.items()}


def _with_lists(value: Any) -> Any:
    """Return a value with each dict of numbered keys replaced by a list."""
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_with_lists(item) for item in value.values()]
    return {name: _with_lists(item) for name, item in value.items()}


def check_names(form: Form, *names: str, parent: str = "") -> None:
    """Raise ``parameter_unknown`` for a parameter that is neither in ``names`` nor ``expand``."""
    for name in form:
        if name not in (*names, "expand"):
            full = f"{parent}[{name}]" if parent else name
            raise invalid(f"Received unknown parameter: {full}", full, "parameter_unknown")


def required(form: Form, name: str) -> str:
    """Return a parameter, or raise ``parameter_missing``."""
    if name not in form:
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    if form[name] == "":
        raise invalid(f"You passed an empty string for '{name}'.", name, "parameter_invalid_empty")
    return form[name]


def integer(form: Form, name: str) -> int | None:
    """Return an integer, or None if it is missing; raise ``parameter_invalid_integer``."""
    if name not in form:
        return None
    text = form[name]
    if not isinstance(text, str) or not text.removeprefix("-").isdecimal() or not text.isascii():
        raise invalid(f"Invalid integer: {text}", name, "parameter_invalid_integer")
    return int(text)


def positive(form: Form, name: str) -> int | None:
    """Return an integer of at least 1, or None if it is missing."""
    number = integer(form, name)
    if number is not None and number < 1:
        message = "This value must be greater than or equal to 1."
        raise invalid(message, name, "parameter_invalid_integer")
    return number


def boolean(form: Form, name: str) -> bool:
    """Return a boolean, which is false if it is missing."""
    text = form.get(name, "false")
    if text not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {text}", name)
    return text == "true"


def choice(form: Form, name: str, choices: tuple[str, ...]) -> str | None:
    """Return one of the choices, or None if it is missing."""
    value = form.get(name)
    if value is not None and value not in choices:
        message = f"Invalid {name}: must be one of {', '.join(choices)}"
        raise invalid(message, name)
    return value


def metadata(form: Form) -> dict[str, str]:
    """Return at most 50 keys of 40 characters, with values of 500 (docs.stripe.com/api/metadata)."""
    values = form.get("metadata") or {}
    if not isinstance(values, dict):
        raise invalid("Invalid hash", "metadata")
    if len(values) > 50:
        raise invalid("Metadata can have at most 50 keys.", "metadata")
    for name, value in values.items():
        if len(name) > 40 or len(value) > 500:
            raise invalid("A key or value of the metadata is too long.", f"metadata[{name}]")
    return values
