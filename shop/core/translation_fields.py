"""The serializer field of translations."""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shop.core.language_codes import PATTERN
from shop.core.translations import Members, clean_translations

_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_SCHEMA = {
    "type": "object",
    "propertyNames": {"pattern": PATTERN},
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"oneOf": [{"type": "string"}, _TEXTS]},
    },
    "example": {"de": {"name": "Material"}},
}


@extend_schema_field(_SCHEMA)
class TranslationsField(serializers.JSONField):
    """Texts by the code of a language and by member. It replaces the previous translations."""

    def __init__(self, *, members: Members | None = None, **kwargs: Any) -> None:
        """``members`` are what can be translated."""
        self.members: Members = members or {}
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> dict[str, dict[str, Any]]:
        """Raise ValidationError with the sentence of ``clean_translations``."""
        try:
            return clean_translations(data, self.members)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
