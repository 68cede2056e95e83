"""Bodies of withdrawals."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.serializers import EmailField
from cart.models import MAX_QUANTITY
from catalog.limits import PRODUCT_NAME_LENGTH, SKU_LENGTH
from orders.models import Withdrawal, WithdrawalStatus
from orders.models.orders import NOTE_LENGTH
from orders.models.withdrawals import MAX_ITEMS, NUMBER_LENGTH
from shop.core.address_lengths import LENGTHS
from shop.core.fields import IdField, StrictInt, StrictStr
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

_ITEM = {"sku": "TP-1", "name": "Teapot", "quantity": 1}
_DECLARED = {"email": "ada@example.com", "name": "Ada Lovelace", "items": [_ITEM]}


class WithdrawnItemSerializer(RequestSerializer):
    """An item of the order, by product, SKU or name. Without a quantity, all units of it."""

    product_id = IdField(required=False)
    sku = StrictStr(max_length=SKU_LENGTH, required=False)
    name = StrictStr(max_length=PRODUCT_NAME_LENGTH, required=False)
    quantity = StrictInt(min_value=1, max_value=MAX_QUANTITY, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raise ValidationError for an item that is not named."""
        if not attrs.keys() & {"product_id", "sku", "name"}:
            raise serializers.ValidationError(_("Name the item, by its SKU or its name."))
        return attrs


@extend_schema_serializer(
    examples=[example({"number": "0015NM7S", **_DECLARED})], deprecate_fields=["order_number"]
)
class DeclareWithdrawalSerializer(RequestSerializer):
    """The declaration of a consumer. Without `items` it is about the whole order."""

    number = StrictStr(
        max_length=NUMBER_LENGTH,
        required=False,
        help_text="The number of the order, in any spelling. Required.",
    )
    order_number = StrictStr(
        max_length=NUMBER_LENGTH, required=False, help_text="The former name of `number`."
    )
    email = EmailField(help_text="The receipt is sent to this address.")
    name = StrictStr(max_length=LENGTHS["name"])
    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=WithdrawnItemSerializer(), required=False, max_length=MAX_ITEMS
    )
    note = StrictStr(max_length=NOTE_LENGTH, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the number as ``order_number``. Raises ValidationError if there is none."""
        former = attrs.pop("order_number", None)
        number = attrs.pop("number", former)
        if number is None:
            raise self.required_error("number")
        return {**attrs, "order_number": number}


@extend_schema_serializer(
    examples=[
        example({"message": "We have received your withdrawal. You will get a receipt by e-mail."})
    ]
)
class MessageOfWithdrawalSerializer(serializers.Serializer[Any]):
    """Says that the declaration was received."""

    message = serializers.CharField()


class DeclaredItemSerializer(serializers.Serializer[Any]):
    """An item, with the members that were declared."""

    product_id = serializers.IntegerField(required=False)
    sku = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    quantity = serializers.IntegerField(required=False)


@extend_schema_serializer(
    examples=[
        example(
            {
                "withdrawal_id": 3,
                "order_id": 42,
                "order_number": "0015NM7S",
                **_DECLARED,
                "note": "",
                "status": "new",
                "created_at": "2026-11-26T10:00:00Z",
                "handled_at": None,
                "return_id": None,
            }
        )
    ]
)
class WithdrawalSerializer(serializers.Serializer[Any]):
    """A withdrawal, as it was declared."""

    withdrawal_id = serializers.IntegerField()
    order_id = serializers.IntegerField(
        allow_null=True, help_text="The order with this number and address; null if there is none."
    )
    order_number = serializers.CharField()
    email = serializers.CharField()
    name = serializers.CharField()
    items = DeclaredItemSerializer(many=True)
    note = serializers.CharField()
    status = serializers.ChoiceField(WithdrawalStatus.choices)
    created_at = serializers.DateTimeField(help_text="The time of the declaration.")
    handled_at = serializers.DateTimeField(allow_null=True)
    return_id = serializers.IntegerField(
        allow_null=True, help_text="The return as which it was accepted."
    )


def serialize_withdrawal(withdrawal: Withdrawal) -> dict[str, Any]:
    """Return the response body of a withdrawal."""
    names = ("order_id", "order_number", "email", "name", "items", "note", "status")
    return {
        "withdrawal_id": withdrawal.pk,
        "return_id": withdrawal.accepted_return_id,
        **{name: getattr(withdrawal, name) for name in (*names, "created_at", "handled_at")},
    }
