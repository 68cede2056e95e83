"""Parsers of request bodies: strict JSON, and forms with the same checks."""

from collections.abc import Iterable, Mapping
from typing import IO, Any
from urllib.parse import parse_qsl

from django.http import UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, JSONParser, MultiPartParser
from rest_framework.serializers import ValidationError

from shop.core.errors import MALFORMED_HEADER, Unavailable
from shop.core.forms import FormData
from shop.core.strict_json import StrictJSONError, loads

_MAX_FIELDS = 100


class StrictJSONParser(JSONParser):
    """Parses UTF-8 JSON without duplicate members, NaN, NUL, lone surrogates and deep nesting."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value. Raises ParseError (400) for anything that is not strict JSON."""
        try:
            return loads(stream.read())
        except (ValueError, RecursionError) as error:
            reason = (
                str(error) if isinstance(error, StrictJSONError) else _("it is not well-formed")
            )
            raise ParseError(
                _("The body is not valid JSON: {reason}.").format(reason=reason)
            ) from None


class StrictFormParser(BaseParser):
    """Parses a URL-encoded form in UTF-8, in which each name occurs once."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> FormData:
        """Return the form. Raises ParseError or ValidationError (400)."""
        raw: bytes = stream.read()
        if raw.lstrip()[:1] in (b"{", b"["):
            raise ParseError(_("The body is JSON: send it with `Content-Type: application/json`."))
        try:
            pairs = parse_qsl(
                raw.decode("utf-8"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MAX_FIELDS,
            )
        except UnicodeError:
            raise ParseError(_("The form is not valid UTF-8.")) from None
        except ValueError:
            raise ParseError(_("The form has too many fields.")) from None
        return _form(pairs)


class StrictMultiPartParser(MultiPartParser):
    """Parses a multipart form. Large files are in the temporary folder of the system."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the form with its files. Raises ParseError or ValidationError (400).

        Raises Unavailable (503) if the disk is full.
        """
        try:
            parsed = super().parse(stream, media_type, parser_context)
        except UnreadablePostError:
            raise
        except OSError as error:
            raise Unavailable from error
        except MALFORMED_HEADER:
            raise ParseError(_("The header of a part of the form is malformed.")) from None
        pairs = [
            (name, value)
            for values in (parsed.data, parsed.files)
            for name, every in values.lists()
            for value in every
        ]
        # Django replaces bytes that are not valid UTF-8.
        if any("\ufffd" in text for pair in pairs for text in pair if isinstance(text, str)):
            raise ParseError(_("The form is not valid UTF-8."))
        return DataAndFiles(_form(pairs), parsed.files)


class UploadParser(StrictMultiPartParser):
    """Parses the form of an operation that takes files. The OpenAPI document names its type."""


def _form(pairs: Iterable[tuple[str, Any]]) -> FormData:
    form = FormData()
    for name, value in pairs:
        if name in form:
            raise ValidationError({name[:100]: _("The form has this name more than once.")})
        if "\x00" in name or (isinstance(value, str) and "\x00" in value):
            raise ParseError(_("The form contains a NUL character."))
        form[name] = value
    return form
