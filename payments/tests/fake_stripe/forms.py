"""Form-encoded bodies with nested keys, read strictly (docs.stripe.com/api, "form-encoded")."""

from typing import Any
from urllib.parse import parse_qsl

from payments.tests.fake_stripe.errors import invalid

Form = dict[str, Any]


def parse(text: str) -> Form:
    """Return ``a[b]=1`` as ``{"a": {"b": "1"}}`` and ``a[0]=1``, ``a[]=1`` as ``{"a": ["1"]}``."""
    found: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        at = found
        *path, last = name.replace("]", "").split("[")
        for part in path:
            at = at.setdefault(part, {})
        at[last or str(len(at))] = value
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_listed(each) for each in value.values()]
    return {name: _listed(each) for name, each in value.items()}


def only(form: Form, *names: str, known_as: str = "") -> None:
    """Refuse a parameter that the endpoint does not know: ``parameter_unknown``."""
    for name in form:
        if name not in (*names, "expand"):
            full = f"{known_as}[{name}]" if known_as else name
            raise invalid(f"Received unknown parameter: {full}", full, "parameter_unknown")


def required(form: Form, name: str) -> str:
    """Return a parameter that must be there: ``parameter_missing``."""
    if name not in form:
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    if form[name] == "":
        raise invalid(f"You passed an empty string for '{name}'.", name, "parameter_invalid_empty")
    return form[name]


def integer(form: Form, name: str) -> int | None:
    """Return a whole number, or None: ``parameter_invalid_integer``."""
    if name not in form:
        return None
    text = form[name]
    if not isinstance(text, str) or not text.removeprefix("-").isdecimal() or not text.isascii():
        raise invalid(f"Invalid integer: {text}", name, "parameter_invalid_integer")
    return int(text)


def positive(form: Form, name: str) -> int | None:
    """Return a whole number of at least 1, or None."""
    number = integer(form, name)
    if number is not None and number < 1:
        message = "This value must be greater than or equal to 1."
        raise invalid(message, name, "parameter_invalid_integer")
    return number


def boolean(form: Form, name: str) -> bool:
    """Return ``true`` or ``false``; what is not there is false."""
    text = form.get(name, "false")
    if text not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {text}", name)
    return text == "true"


def choice(form: Form, name: str, choices: tuple[str, ...]) -> str | None:
    """Return one of the choices, or None."""
    value = form.get(name)
    if value is not None and value not in choices:
        message = f"Invalid {name}: must be one of {', '.join(choices)}"
        raise invalid(message, name)
    return value


def metadata(form: Form) -> dict[str, str]:
    """Return at most 50 pairs of 40 and 500 characters (docs.stripe.com/api/metadata)."""
    found = form.get("metadata") or {}
    if not isinstance(found, dict):
        raise invalid("Invalid hash", "metadata")
    if len(found) > 50:
        raise invalid("Metadata can have at most 50 keys.", "metadata")
    for name, value in found.items():
        if len(name) > 40 or len(value) > 500:
            raise invalid("Metadata: a key is too long, or a value.", f"metadata[{name}]")
    return found
