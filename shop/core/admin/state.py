"""The state of a row when its form was opened, to find changes that were made meanwhile.

The form carries a signed digest of each of its fields. It is compared while the row is locked. So a
form never overwrites what its user has not seen, and the table needs no column for a version.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

FIELD = "form_state"
"""The name of the hidden field."""
_EMPTY: tuple[Any, ...] = (None, "", [], (), {})
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field whose value was changed after the form was opened."""

    name: str
    sentence: str
    is_touched: bool
    """Whether the user of the form changed the field too."""


def sign_state(form: forms.BaseModelForm) -> str:
    """Return the signed digests of the form's initial values, and the time."""
    digests = {name: _digest(form, name) for name in _editable(form)}
    opened = timezone.now().timestamp()
    return _signer(form).sign_object({"opened": opened, "digests": digests}, compress=True)


def find_conflicts(form: forms.BaseModelForm, token: str) -> list[Conflict]:
    """Return the fields that differ from ``token``. Needs the lock of the row.

    Raises ValidationError if the token is not one of this row, or if fields have become read-only.
    """
    try:
        state = _signer(form).unsign_object(token)
    except (BadSignature, ValueError):
        raise ValidationError(
            "Nothing was saved, because this form was damaged on its way. Check it, and save again."
        ) from None
    before: dict[str, str] = state["digests"]
    names = _editable(form)
    if before.keys() - names:
        raise ValidationError(
            "Nothing was saved, because some fields cannot be changed any more. Check the form, "
            "and save again."
        )
    empty = {name: _hash(name, "") for name in names}
    changed = [name for name in names if _digest(form, name) != before.get(name, empty[name])]
    opened = datetime.fromtimestamp(state["opened"], UTC)
    return [_conflict(form, name, before.get(name, empty[name]), opened) for name in changed]


def _conflict(form: forms.BaseModelForm, name: str, before: str, opened: datetime) -> Conflict:
    field = form.fields[name]
    label = str(field.label or name)
    now = _shown(field, form.get_initial_for_field(field, name))
    is_valid = name in form.cleaned_data
    yours = form.cleaned_data[name] if is_valid else form[name].data
    is_touched = not is_valid or _hash(name, _canonical(yours)) != before
    entry = _entry(form.instance, label, opened)
    if entry is None:
        who = "since you opened this form"
    else:
        time = date_format(timezone.localtime(entry.action_time), "DATETIME_FORMAT")
        who = f"by {entry.user} at {time}"
    sentence = f"{label} was changed to {now} {who}; you had {_shown(field, yours)}."
    return Conflict(name, sentence, is_touched)


def _entry(row: Model, label: str, opened: datetime) -> LogEntry | None:
    """Return the last entry of the history, since a time, that says that a field was changed."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        action_time__gte=opened,
    ).select_related("user")
    return next((entry for entry in entries.order_by("-pk")[:50] if _names(entry, label)), None)


def _names(entry: LogEntry, label: str) -> bool:
    try:
        parts = json.loads(entry.change_message)
    except ValueError:
        return False
    return any(label in part.get("changed", {}).get("fields", []) for part in parts)


def _editable(form: forms.BaseModelForm) -> list[str]:
    """Return the fields to compare. One with a hidden initial value is saved as a difference."""
    return [
        name
        for name, field in form.fields.items()
        if not (field.disabled or field.show_hidden_initial or isinstance(field, forms.FileField))
    ]


def _signer(form: forms.BaseModelForm) -> Signer:
    label = form.instance._meta.label  # noqa: SLF001 - documented by Django
    return Signer(salt=f"shop.core.admin.state.{label}.{form.instance.pk}")


def _digest(form: forms.BaseModelForm, name: str) -> str:
    value = form.get_initial_for_field(form.fields[name], name)
    return _hash(name, _canonical(value))


def _hash(name: str, text: str) -> str:
    return sha256(f"{name}={text}".encode()).hexdigest()[:16]


def _canonical(value: Any) -> str:
    """Return a text that is equal for equal values, read from the database or from the form."""
    if isinstance(value, Model):
        text = str(value.pk)
    elif isinstance(value, QuerySet | list | tuple):
        text = json.dumps(_texts(value)) if value else ""
    elif isinstance(value, datetime):  # forms have no microseconds
        text = value.astimezone(UTC).replace(microsecond=0).isoformat()
    elif isinstance(value, Decimal):
        text = f"{value.normalize():f}"
    elif isinstance(value, dict):
        text = json.dumps(value, sort_keys=True, default=str) if value else ""
    else:
        text = "" if value is None else str(value).replace("\r\n", "\n").strip()
    return text


def _texts(values: Iterable[Any]) -> list[str]:
    """Return the texts of values. Rows have no order; other lists do."""
    rows = list(values)
    texts = [_canonical(row) for row in rows]
    return sorted(texts) if any(isinstance(row, Model) for row in rows) else texts


def _shown(field: forms.Field, value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(field, forms.ModelMultipleChoiceField):
        text = ", ".join(str(row) for row in value or ())
    elif isinstance(field, forms.ModelChoiceField) and value not in _EMPTY:
        text = str(_row(field, value) or value)
    elif isinstance(field, forms.ChoiceField):
        text = str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    elif isinstance(value, datetime):
        text = date_format(timezone.localtime(value), "DATETIME_FORMAT")
    elif isinstance(value, list | tuple):
        text = ", ".join(str(item) for item in value)
    else:
        text = "" if value in _EMPTY else str(value)
    return (text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…") or "nothing"


def _row(field: forms.ModelChoiceField, value: Any) -> Model | None:
    if isinstance(value, Model):
        return value
    return field.queryset.filter(pk=value).first() if field.queryset is not None else None
