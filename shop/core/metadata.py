"""Metadata: data of integrations on products, users, carts and orders.

A JSON object whose values are strings. ``metadata`` is visible to everyone who may see the row,
``private_metadata`` to staff.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, TextField, Value
from django.utils.translation import gettext as _

MAX_KEYS = 50
MAX_BYTES = 16 * 1024
KEY_PATTERN = r"[A-Za-z0-9_.-]{1,64}"
_KEY = re.compile(KEY_PATTERN)


def validate_metadata(value: object) -> None:
    """Raise ValidationError unless ``value`` is an object of strings within the limits.

    At most 50 keys of 1 to 64 letters, digits, ``_``, ``-`` and ``.``; at most 16 KiB as JSON in
    UTF-8; no NUL characters, which PostgreSQL does not store.
    """
    if not isinstance(value, Mapping):
        raise ValidationError(_("Metadata must be a JSON object."))
    if len(value) > MAX_KEYS:
        raise ValidationError(_("Metadata must have at most {limit} keys.").format(limit=MAX_KEYS))
    for key, text in value.items():
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ValidationError(
                _("A key must be 1 to 64 letters, digits, hyphens, dots and underscores.")
            )
        if not isinstance(text, str) or "\0" in text:
            raise ValidationError(
                _("The value of {key} must be a string without NUL characters.").format(key=key)
            )
    _check_size(value)


def _check_size(value: Mapping[str, str]) -> None:
    try:
        size = len(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise ValidationError(_("Metadata must be valid Unicode.")) from None
    if size > MAX_BYTES:
        raise ValidationError(
            _("Metadata must have at most {limit} bytes.").format(limit=MAX_BYTES)
        )


class MetadataFormField(forms.JSONField):
    """A form field for metadata. An empty field is an empty object."""

    def to_python(self, value: Any) -> Any:
        """Parse and validate the JSON here: the model does not validate empty values such as []."""
        parsed = super().to_python(value)
        if parsed is None:
            return {}
        validate_metadata(parsed)
        return parsed


class MetadataField(models.JSONField):
    """A column of metadata. Its default in the database lets older releases insert rows."""

    default_validators = [validate_metadata]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set the defaults of the column."""
        super().__init__(*args, **{"default": dict, "db_default": {}, "blank": True, **kwargs})

    def deconstruct(self) -> Any:
        """Describe the field as a JSONField, so that migrations do not import this class."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """Return a form field that validates as the model does."""
        return super().formfield(**{"form_class": MetadataFormField, **kwargs})


class HasMetadata(models.Model):
    """The two columns of a model with metadata."""

    metadata = MetadataField(
        help_text="Public: up to 50 keys with string values, such as a number in another system."
    )
    private_metadata = MetadataField(help_text="The same, for staff.")

    class Meta:
        abstract = True


class MetadataValue(Func):
    """The value of a key of metadata as an expression, NULL if the key is missing."""

    function = "jsonb_extract_path_text"
    output_field = TextField()

    def __init__(self, column: str, key: str, **extra: Any) -> None:
        """``column`` is metadata or private_metadata; ``key`` must be a valid key."""
        super().__init__(F(column), Value(key), **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Use the function of SQLite, whose path is safe: valid keys have no quotes."""
        column, key = self.get_source_expressions()
        path = Value(f'$."{key.value}"')
        return Func(column, path, function="JSON_EXTRACT").as_sql(compiler, connection, **extra)
