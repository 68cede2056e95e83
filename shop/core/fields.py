"""Serializer fields that do not convert JSON types: "2", 2.0 and true are not integers."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shop.core import lines, slugs
from shop.core.metadata import KEY_PATTERN, MAX_KEYS, validate_metadata
from shop.core.money import MAX_AMOUNT, MAX_DIGITS, exponent, is_payable, show

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_ID = 2**63 - 1

JSON_TYPES: "dict[type, StrOrPromise]" = {
    dict: _("an object"),
    list: _("a list"),
    str: _("a text"),
    int: _("a number"),
    float: _("a number"),
    bool: _("true or false"),
    type(None): _("null"),
}
"""What people call the types of JSON."""

_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)


class StrictInt(serializers.IntegerField):
    """A JSON integer, not "2", 2.0 or true.

    Always pass ``min_value`` and ``max_value``: without them, an integer may exceed its column.
    """

    default_error_messages = {"invalid": _("Expected a whole number, such as 3.")}

    def to_internal_value(self, data: Any) -> int:
        """Raise ValidationError for any other type, booleans included."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class IdField(StrictInt):
    """The id of a row: 1 to 2⁶³ − 1."""

    def __init__(self, **kwargs: Any) -> None:
        """Set the limits of the column."""
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


class StrictStr(serializers.CharField):
    """A JSON string, not a number. Always pass ``max_length``."""

    default_error_messages = {"invalid": _("Expected a text.")}

    def to_internal_value(self, data: Any) -> str:
        """Raise ValidationError for numbers, which CharField accepts."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class LineField(StrictStr):
    """A text of one line without invisible characters, such as a name."""

    def to_internal_value(self, data: Any) -> str:
        """Raise ValidationError for control characters and invisible ones."""
        text = super().to_internal_value(data)
        if (found := lines.invisible_in(text)) is not None:
            reason = lines.REASON.format(code=lines.code_of(found))
            raise serializers.ValidationError(reason, "invisible")
        return text


@extend_schema_field({"type": "string", "pattern": slugs.PATTERN, "examples": ["tea-pots"]})
class SlugField(StrictStr):
    """A name for URLs: letters and digits of any script, hyphens and underscores."""

    default_error_messages = {"slug": slugs.REASON}

    def to_internal_value(self, data: Any) -> str:
        """Normalize the slug. Raise ValidationError for other characters."""
        slug = slugs.normalize_slug(super().to_internal_value(data))
        if not slugs.is_slug(slug):
            self.fail("slug")
        return slug


class StrictBool(serializers.BooleanField):
    """``true`` or ``false``, not "yes" or 1."""

    default_error_messages = {"invalid": _("Expected true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        """Raise ValidationError for strings and numbers, which BooleanField accepts."""
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return data


class StrictChoice(serializers.ChoiceField):
    """One of several strings. The error lists them."""

    def to_internal_value(self, data: Any) -> Any:
        """Raise ValidationError for any other value, also for 1 where "1" is a choice."""
        if not isinstance(data, str) or data not in self.choice_strings_to_values:
            allowed = ", ".join(map(str, self.choices))
            raise serializers.ValidationError(
                _("Expected one of: {choices}.").format(choices=allowed), "invalid_choice"
            )
        return self.choice_strings_to_values[data]


class StrictList(serializers.ListField):
    """A list."""

    default_error_messages = {"not_a_list": _("Expected a list.")}


@extend_schema_field({"type": "string", "pattern": f"^{_AMOUNT.pattern}$", "examples": ["12.50"]})
class AmountField(serializers.DecimalField):
    """An amount in the currency of the shop, a string such as "12.50", not negative."""

    default_error_messages = {
        "invalid": _('Write the amount as a string with at most two decimals, such as "12.50".'),
        "whole": _('Write the amount as a string without decimals, such as "1250".'),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Set the limits of the column."""
        super().__init__(max_digits=MAX_DIGITS, decimal_places=2, max_value=MAX_AMOUNT, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """Raise ValidationError for "1e3", "1_000", " 1" and numbers; DecimalField accepts them."""
        amount = self.read_decimals(data, "invalid" if exponent() else "whole")
        if not is_payable(amount):
            self.fail("whole")
        return amount

    def read_decimals(self, data: Any, error: str = "invalid") -> Decimal:
        """Return a string as a number with at most two decimals. Raises ValidationError."""
        if not isinstance(data, str) or not _AMOUNT.fullmatch(data):
            self.fail(error)
        number: Decimal = super().to_internal_value(data)
        return number

    def to_representation(self, value: Decimal) -> str:
        """Return the amount with the decimals of the currency."""
        return show(value)


@extend_schema_field(
    {
        "type": "object",
        "propertyNames": {"pattern": f"^{KEY_PATTERN}$"},
        "additionalProperties": {"type": "string"},
        "maxProperties": MAX_KEYS,
        "examples": [{"erp-id": "17"}],
    }
)
class MetadataField(serializers.JSONField):
    """Metadata: an object of strings, at most 16 KiB. It replaces the previous metadata."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Validate by ``validate_metadata``; raise DRF's ValidationError instead of Django's."""
        try:
            validate_metadata(data)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        metadata: dict[str, str] = data
        return metadata
