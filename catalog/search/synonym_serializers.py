"""Request and response bodies of synonyms."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.limits import SYNONYMS_LENGTH
from catalog.search.models import Synonym
from shop.core.fields import LineField
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

_WORDS = "sofa, couch, settee"
_HELP = "At least two words or phrases of at most three words, separated by commas."


@extend_schema_serializer(examples=[example({"id": 3, "words": _WORDS})])
class SynonymSerializer(serializers.Serializer[Any]):
    """A group of words that searches treat as the same."""

    id = serializers.IntegerField()
    words = serializers.CharField(help_text=_HELP)


@extend_schema_serializer(examples=[example({"words": _WORDS})])
class NewSynonymSerializer(RequestSerializer):
    """The words of a group of synonyms."""

    words = LineField(max_length=SYNONYMS_LENGTH, help_text=_HELP)


def serialize_synonym(synonym: Synonym) -> dict[str, Any]:
    """Return the response body of a group of synonyms."""
    return {"id": synonym.pk, "words": synonym.words}
