"""Bodies of notes."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from orders.models import OrderNote
from orders.models.notes import TEXT_LENGTH
from shop.core.fields import StrictBool, StrictStr
from shop.core.openapi import example
from shop.core.permissions import sees_all
from shop.core.serializers import RequestSerializer

_NEW = {"text": "We have put a gift card into the parcel.", "is_public": True}


@extend_schema_serializer(examples=[example(_NEW)])
class AddNoteSerializer(RequestSerializer):
    """A note, which is internal unless it `is_public`."""

    text = StrictStr(max_length=TEXT_LENGTH)
    is_public = StrictBool(
        required=False, help_text="Whether the buyer sees the note, and gets it by e-mail."
    )


@extend_schema_serializer(
    examples=[
        example({"note_id": 3, **_NEW, "author": "staff", "created_at": "2026-11-26T10:00:00Z"})
    ]
)
class OrderNoteSerializer(serializers.Serializer[Any]):
    """A note of staff about an order."""

    note_id = serializers.IntegerField()
    text = serializers.CharField()
    is_public = serializers.BooleanField(help_text="Buyers see public notes only.")
    author = serializers.CharField(help_text='A username, which buyers see as "staff".')
    created_at = serializers.DateTimeField()


def serialize_note(note: OrderNote, reader: User | None) -> dict[str, Any]:
    """Return the response body of a note that was read with its author."""
    sees_names = reader is not None and sees_all(reader, "orders.order")
    return {
        "note_id": note.pk,
        "text": note.text,
        "is_public": note.is_public,
        "author": note.author.username if sees_names else "staff",
        "created_at": note.created_at,
    }
