"""Request bodies of orders, and the schemas of response bodies."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.images.serializers import ImageSerializer
from orders.models import AdjustmentKind
from orders.models.orders import EMAIL_LENGTH
from orders.payments import ActionType
from orders.serializers.customers import CustomerSerializer
from orders.serializers.fulfilments import FulfilmentSerializer
from orders.states import FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus
from shop.core.fields import AmountField, IdField, StrictStr
from shop.core.openapi import example
from shop.core.postal_addresses import EXAMPLE, PostalAddress, PostalAddressSerializer
from shop.core.serializers import RequestSerializer

NUMBER_LENGTH = 40


@extend_schema_serializer(examples=[example({"cart_id": 5, "expected_total": "48.00"})])
class PlaceOrderSerializer(RequestSerializer):
    """The cart to order, and optionally the total that the buyer expects."""

    cart_id = IdField()
    expected_total = AmountField(
        required=False,
        help_text="The total that the buyer saw. The order is refused if the total has changed.",
    )


@extend_schema_serializer(examples=[example({"number": "0015NM7S", "email": "ada@example.com"})])
class LookUpOrderSerializer(RequestSerializer):
    """The number of an order, in any spelling, and its e-mail address."""

    number = StrictStr(max_length=NUMBER_LENGTH)
    email = StrictStr(max_length=EMAIL_LENGTH)


@extend_schema_serializer(
    examples=[example({"message": "If there is such an order, a link was sent to its address."})]
)
class MessageOfLookUpSerializer(serializers.Serializer[Any]):
    """Says that a link was sent if there is such an order."""

    message = serializers.CharField()


SUMMARY_EXAMPLE = {
    "order_id": 42,
    "number": "0015NM7S",
    "status": "pending",
    "payment_status": "unpaid",
    "fulfilment_status": "unfulfilled",
    "return_status": None,
    "has_open_dispute": False,
    "total": "52.90",
    "amount_due": "52.90",
    "currency": "EUR",
    "created_at": "2026-11-23T10:00:00Z",
    "pay_before": "2026-11-23T10:30:00Z",
    "payment_required": True,
    "can_pay": True,
    "can_cancel": True,
}


@extend_schema_serializer(examples=[example(SUMMARY_EXAMPLE)])
class PlacedOrderSerializer(serializers.Serializer[Any]):
    """An order without its items and events."""

    order_id = serializers.IntegerField()
    number = serializers.CharField(
        help_text="The number for people. Any spelling of it is found by POST /api/orders/lookup/."
    )
    status = serializers.ChoiceField(
        OrderStatus.choices, help_text="One word for payment and fulfilment together."
    )
    payment_status = serializers.ChoiceField(
        OrderPaymentStatus.choices, help_text="What is paid, after refunds and cancelled items."
    )
    fulfilment_status = serializers.ChoiceField(FulfilmentStatus.choices)
    return_status = serializers.ChoiceField(
        ReturnStatus.choices, allow_null=True, help_text="Null without returns."
    )
    has_open_dispute = serializers.BooleanField(
        help_text="Whether the buyer disputes a payment at the bank."
    )
    total = AmountField()
    amount_due = AmountField(
        help_text="What is still to be paid: the total without what was cancelled and paid."
    )
    currency = serializers.CharField(help_text="ISO 4217.")
    created_at = serializers.DateTimeField()
    pay_before = serializers.DateTimeField(
        allow_null=True,
        help_text="Until when a payment must begin; the money of a bank transfer may arrive later. "
        "Null if nothing is to be paid.",
    )
    payment_required = serializers.BooleanField(help_text="Whether something is still to be paid.")
    can_pay = serializers.BooleanField(help_text="Whether a payment can be started now.")
    can_cancel = serializers.BooleanField()
    customer = CustomerSerializer(
        required=False, help_text="Who placed the order, for staff who see all orders."
    )


class OrderItemSerializer(serializers.Serializer[Any]):
    """A product of an order, as it was when the order was placed."""

    product_id = serializers.IntegerField()
    name = serializers.CharField()
    sku = serializers.CharField()
    options = serializers.DictField(
        child=serializers.CharField(), help_text="The option values of a variant, by name."
    )
    image = ImageSerializer(allow_null=True)
    unit_price = AmountField()
    regular_unit_price = AmountField(help_text="The price without a reduction.")
    quantity = serializers.IntegerField()
    quantity_cancelled = serializers.IntegerField(help_text="Cancelled before it was shipped.")
    quantity_fulfilled = serializers.IntegerField(help_text="In fulfilments.")
    quantity_returned = serializers.IntegerField(help_text="Shipped, and came back.")
    quantity_returnable = serializers.IntegerField(
        help_text="Shipped, neither returned nor in a return that is requested or approved."
    )
    line_total = AmountField(help_text="Unit price times quantity.")
    discount = AmountField(help_text="The item's share of the discounts.")
    tax_rate = serializers.CharField(help_text="A percentage, such as 19.")
    tax = AmountField(help_text="The item's share of the tax.")
    amount_refunded = AmountField()
    requires_shipping = serializers.BooleanField()


class OrderEventSerializer(serializers.Serializer[Any]):
    """An entry of the order's timeline. `status` is the order's status after it."""

    status = serializers.ChoiceField(OrderStatus.choices)
    note = serializers.CharField()
    actor = serializers.CharField(
        help_text='Who made the change: a username, "guest" for the guest who placed the order, or '
        '"shop" for the shop itself. Buyers see "staff" instead of the username of a member of '
        "staff."
    )
    created_at = serializers.DateTimeField()


class ShippingMethodOfOrderSerializer(serializers.Serializer[Any]):
    """A shipping method, as it was when the order was placed."""

    code = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    earliest = serializers.DateField()
    latest = serializers.DateField()


class AllocationOfOrderSerializer(serializers.Serializer[Any]):
    """The share of an item in a discount."""

    product_id = serializers.IntegerField()
    amount = AmountField()


class AdjustmentOfOrderSerializer(serializers.Serializer[Any]):
    """A discount, the shipping or a fee. Discounts are subtracted, the others are added."""

    kind = serializers.ChoiceField(AdjustmentKind.choices)
    name = serializers.CharField()
    amount = AmountField()
    voucher = serializers.CharField(help_text="The voucher code; empty without one.")
    allocations = AllocationOfOrderSerializer(many=True)


class TaxOfOrderSerializer(serializers.Serializer[Any]):
    """The tax of one rate."""

    rate = serializers.CharField(help_text="A percentage, such as 19.")
    country = serializers.CharField()
    region = serializers.CharField()
    name = serializers.CharField()
    base = AmountField(help_text="What is taxed, without the tax.")
    amount = AmountField()
    reason = serializers.CharField(help_text="Why this rate applies.")


class PaymentOfOrderSerializer(serializers.Serializer[Any]):
    """A payment of the order, newest last."""

    payment_id = serializers.IntegerField()
    payment_method = serializers.CharField()
    status = serializers.CharField(help_text="As in the response of /api/payments/.")
    amount = AmountField()
    amount_refunded = AmountField()
    currency = serializers.CharField()
    reference = serializers.CharField(help_text="For a bank transfer.")
    created_at = serializers.DateTimeField()


NO_ACTION: dict[str, Any] = {
    "type": "none",
    "url": None,
    "method": None,
    "return_url": None,
    "data": {},
    "expires_at": None,
    "poll_after": None,
}


class NextActionSerializer(serializers.Serializer[Any]):
    """What the buyer has to do about a payment now. The shape is the same for every gateway."""

    type = serializers.ChoiceField(
        ActionType.choices,
        help_text="`none`: nothing. `redirect`: open `url` in the browser, which comes back to "
        "`return_url`. `client`: continue in the provider's script or form with `data`. `display`: "
        "show `data` (and `url`) to the buyer, who pays somewhere else. `wait`: ask again after "
        "`poll_after`.",
    )
    url = serializers.CharField(allow_null=True)
    method = serializers.CharField(allow_null=True, help_text="The HTTP method for `url`.")
    return_url = serializers.CharField(
        allow_null=True,
        help_text="Where the buyer comes back to. What the URL says then has no meaning: ask the "
        "shop by POST /api/payments/{id}/confirm/.",
    )
    data = serializers.DictField(  # type: ignore[assignment]  # DRF removes it
        child=serializers.CharField(), help_text="Texts that depend on the gateway."
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when the action is possible, if that is limited."
    )
    poll_after = serializers.IntegerField(
        allow_null=True, help_text="After how many seconds it is worth asking again."
    )


class NextActionOfOrderSerializer(NextActionSerializer):
    """What the buyer has to do about a payment of the order.

    `url` and `data` of a provider are secret, and are only in the `next_action` of the payment.
    """

    payment_id = serializers.IntegerField(allow_null=True)


@extend_schema_serializer(
    examples=[
        example(
            {
                **SUMMARY_EXAMPLE,
                "next_action": {**NO_ACTION, "payment_id": None},
                "can_return": False,
                "amount_cancelled": "0.00",
                "amount_paid": "0.00",
                "amount_refunded": "0.00",
                "email": "ada@example.com",
                "phone": "",
                "language": "en",
                "note": "",
                "consents": {},
                "metadata": {},
                "subtotal": "48.00",
                "discount_total": "0.00",
                "shipping_total": "4.90",
                "fee_total": "0.00",
                "taxes": [
                    {
                        "rate": "19",
                        "country": "DE",
                        "region": "",
                        "name": "VAT",
                        "base": "44.45",
                        "amount": "8.45",
                        "reason": "destination",
                    }
                ],
                "tax_total": "8.45",
                "prices_include_tax": True,
                "shipping_method": {
                    "code": "standard",
                    "name": "Standard",
                    "type": "delivery",
                    "earliest": "2026-11-25",
                    "latest": "2026-11-27",
                },
                "shipping_address": PostalAddress(**EXAMPLE).to_json(),
                "billing_address": None,
                "adjustments": [
                    {
                        "kind": "shipping",
                        "name": "Standard",
                        "amount": "4.90",
                        "voucher": "",
                        "allocations": [],
                    }
                ],
                "items": [
                    {
                        "product_id": 7,
                        "name": "Teapot",
                        "sku": "TP-1",
                        "options": {},
                        "image": None,
                        "unit_price": "24.00",
                        "regular_unit_price": "24.00",
                        "quantity": 2,
                        "quantity_cancelled": 0,
                        "quantity_fulfilled": 0,
                        "quantity_returned": 0,
                        "quantity_returnable": 0,
                        "line_total": "48.00",
                        "discount": "0.00",
                        "tax_rate": "19",
                        "tax": "7.66",
                        "amount_refunded": "0.00",
                        "requires_shipping": True,
                    }
                ],
                "fulfilments": [],
                "payments": [],
                "events": [
                    {
                        "status": "pending",
                        "note": "Order placed",
                        "actor": "ada",
                        "created_at": "2026-11-23T10:00:00Z",
                    }
                ],
            }
        )
    ]
)
class OrderSerializer(PlacedOrderSerializer):
    """An order with everything that belongs to it."""

    next_action = NextActionOfOrderSerializer()
    can_return = serializers.BooleanField(
        help_text="Whether the buyer can request a return now: units are left, and so is time."
    )
    amount_cancelled = AmountField(help_text="What cancelled items cost. `total` has it still.")
    amount_paid = AmountField(help_text="All that was captured.")
    amount_refunded = AmountField(help_text="What of the amount paid was refunded.")
    email = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.CharField()
    note = serializers.CharField()
    consents = serializers.DictField()
    metadata = serializers.DictField(child=serializers.CharField())
    subtotal = AmountField(help_text="The sum of the line totals.")
    discount_total = AmountField(help_text="The sum of the discounts on items.")
    shipping_total = AmountField()
    fee_total = AmountField(help_text="The fee of the payment method.")
    taxes = TaxOfOrderSerializer(many=True)
    tax_total = AmountField()
    prices_include_tax = serializers.BooleanField(
        help_text="Whether the tax is within the other amounts, or is added to them."
    )
    shipping_method = ShippingMethodOfOrderSerializer(allow_null=True)
    shipping_address = PostalAddressSerializer(allow_null=True)
    billing_address = PostalAddressSerializer(
        allow_null=True, help_text="Null if it is the shipping address, or unknown."
    )
    adjustments = AdjustmentOfOrderSerializer(many=True)
    items = OrderItemSerializer(many=True)
    fulfilments = FulfilmentSerializer(many=True, help_text="The oldest first.")
    payments = PaymentOfOrderSerializer(many=True)
    events = OrderEventSerializer(many=True)
