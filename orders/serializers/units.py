"""Units of order items in requests."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cart.models import MAX_ITEMS, MAX_QUANTITY
from shop.core.fields import IdField, StrictInt, StrictList
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer


class UnitsSerializer(RequestSerializer):
    """Units of an order item."""

    product_id = IdField()
    quantity = StrictInt(min_value=1, max_value=MAX_QUANTITY)


class UnitsField(StrictList):
    """A list of items, each with its own product. ``units_of`` returns it by product."""

    default_error_messages = {"repeated": _("Each product can be in the list only once.")}

    def __init__(self, **kwargs: Any) -> None:
        """Set the limits of the list."""
        kwargs.setdefault("child", UnitsSerializer())
        super().__init__(min_length=1, max_length=MAX_ITEMS, allow_empty=False, **kwargs)

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        """Raise ValidationError if a product is repeated."""
        rows: list[dict[str, Any]] = super().to_internal_value(data)
        if len({row["product_id"] for row in rows}) < len(rows):
            self.fail("repeated")
        return rows


@extend_schema_serializer(examples=[example({"items": [{"product_id": 7, "quantity": 1}]})])
class ItemsSerializer(RequestSerializer):
    """The items of an order that something is done with."""

    items = UnitsField()


def units_of(rows: Iterable[Mapping[str, int]]) -> dict[int, int]:
    """Return the quantities of validated items by product."""
    return {row["product_id"]: row["quantity"] for row in rows}


class ReturnedUnitsSerializer(serializers.Serializer[Any]):
    """Units of an order item in a return."""

    product_id = serializers.IntegerField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    quantity_received = serializers.IntegerField(help_text="How many units have arrived.")
    quantity_restocked = serializers.IntegerField(
        help_text="How many units were returned to stock."
    )
