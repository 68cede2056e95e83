"""Request bodies that are forms. Their values are texts, which stand for values of JSON."""

import re
from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from shop.core.strict_json import loads

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


class FormData(dict[str, Any]):
    """The names of a form with their texts and uploaded files. Each name occurs once."""

    def copy(self) -> "FormData":
        """Return the form itself: DRF copies it to add the files, which it contains already."""
        return self

    def update(self, *_: Any, **__: Any) -> None:
        """Do nothing, for the same reason. DRF would add a list for each file."""


def value_of(field: serializers.Field[Any, Any, Any, Any], text: Any) -> Any:
    """Return the JSON value that a text stands for in this field; files are not changed.

    ``1`` is a number for a numeric field, ``true`` a boolean; a list or an object is JSON. An empty
    text is null if the field allows it and is not a text. Any other text is returned as it is, so
    that the field refuses it with its own message.
    """
    if not isinstance(text, str):
        return text
    if text == "" and field.allow_null and not isinstance(field, serializers.CharField):
        return None
    for kinds, read in _READERS.items():
        if isinstance(field, kinds):
            return read(text)
    return text


def _read_integer(text: str) -> Any:
    return int(text) if _INTEGER.fullmatch(text) else text


def _read_boolean(text: str) -> Any:
    return _BOOLEANS.get(text, text)


def _read_json(text: str) -> Any:
    try:
        return loads(text.encode())
    except (ValueError, RecursionError):
        return text


_READERS: dict[tuple[type, ...], Callable[[str], Any]] = {
    (serializers.IntegerField,): _read_integer,
    (serializers.BooleanField,): _read_boolean,
    (
        serializers.ListField,
        serializers.DictField,
        serializers.JSONField,
        serializers.BaseSerializer,
    ): _read_json,
}
