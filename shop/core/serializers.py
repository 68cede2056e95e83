"""The base class of the serializers that read request bodies."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from shop.core.fields import JSON_TYPES
from shop.core.forms import FormData, value_of
from shop.core.unknown import unknown_names

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class RequestSerializer(serializers.Serializer[Any]):
    """Reads a JSON object or a form, and refuses members that it does not declare.

    The OpenAPI document says so too (``additionalProperties: false``). Serializers of nested
    objects are based on it as well.
    """

    default_error_messages = {"invalid": _("Expected an object with members, not {datatype}.")}

    elsewhere: ClassVar["Mapping[str, StrOrPromise]"] = {}
    """Names that are refused with a sentence of their own, which says where they belong."""

    @cached_property
    def members(self) -> list[str]:
        """The names of the members that a request may contain."""
        return [name for name, field in self.fields.items() if not field.read_only]

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values. Raises ValidationError for unknown members too."""
        if not isinstance(data, Mapping):
            self.fail("invalid", datatype=JSON_TYPES.get(type(data), _("this")))
        if isinstance(data, FormData):
            data = {
                name: value_of(self.fields[name], value) if name in self.fields else value
                for name, value in data.items()
            }
        if data.keys() <= self._known:
            return super().to_internal_value(data)
        misplaced = {name: [text] for name, text in self.elsewhere.items() if name in data}
        unknown = unknown_names("member", data.keys() - misplaced.keys(), self.members)
        raise serializers.ValidationError({**self._other_errors(data), **misplaced, **unknown})

    def required_error(self, name: str) -> serializers.ValidationError:
        """Return the error of a required member, for one that only some bodies need."""
        text = self.fields[name].error_messages["required"]
        return serializers.ValidationError({name: [ErrorDetail(str(text), "required")]})

    def run_validators(self, value: Any) -> None:
        """Run the validators of the whole body. Without any, DRF would copy the body for them."""
        if self.validators:
            super().run_validators(value)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.members)

    def _other_errors(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the errors of the known members, so that one response names all mistakes."""
        try:
            super().to_internal_value(data)
        except serializers.ValidationError as error:
            return error.detail if isinstance(error.detail, dict) else {}
        return {}
