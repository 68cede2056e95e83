"""Forms of the admin about money that is returned."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from orders.admin_units import UnitsForm
from orders.models import Order, OrderItem, Return, ReturnStep
from orders.services import cancellable_units
from payments import services
from payments.cards import refuse_card_numbers
from payments.errors import CardNumberRefused
from payments.serializers.refunds import REASON_LENGTH
from shop.core.admin.forms import validate_amount
from shop.core.money import CENT, MAX_DIGITS


class RefundForm(forms.Form):
    """The amount of a refund of one payment, and its reason."""

    amount = forms.DecimalField(
        min_value=CENT, max_digits=MAX_DIGITS, decimal_places=2, validators=[validate_amount]
    )
    reason = forms.CharField(max_length=REASON_LENGTH, required=False, widget=AdminTextInputWidget)
    restock = forms.BooleanField(
        required=False,
        help_text=_("Return all items of the order to stock. Possible once for each order."),
    )
    by_hand = forms.BooleanField(
        required=False,
        help_text=_(
            "You have already returned the money in cash or by bank transfer. The refund is "
            "recorded, and the payment provider is not called."
        ),
    )

    def clean_reason(self) -> str:
        """Refuse card numbers, as the API does."""
        reason: str = self.cleaned_data["reason"]
        try:
            refuse_card_numbers(reason)
        except CardNumberRefused:
            raise forms.ValidationError("This looks like a card number.") from None
        return reason


class OrderRefundForm(UnitsForm, RefundForm):
    """What of an order is refunded: items, the shipping, a return, or an amount."""

    field_order = ("shipping", "amount", "order_return", "reason", "restock", "by_hand")
    left_label = "can be refunded"
    needs_units = False

    shipping = forms.BooleanField(
        required=False,
        help_text=_("Refund what is left of the shipping and the fee, with their tax."),
    )
    order_return = forms.ModelChoiceField(
        Return.objects.none(),
        required=False,
        label=_("Return"),
        help_text=_(
            "The return that the refund is for. Without quantities above, all of its units "
            "that were not refunded yet."
        ),
    )

    def __init__(self, order: Order, data: Any = None) -> None:
        """Offer the returns of the order that can be refunded."""
        super().__init__(order, data)
        amount, restock = self.fields["amount"], self.fields["restock"]
        amount.required = False
        amount.help_text = "Without items and shipping, the amount to refund. With them, less than "
        amount.help_text += "they are worth; leave it empty to refund all of it."
        restock.help_text = "Return the units above to stock; without any, all of the order. The "
        restock.help_text += "units of a return are restocked when it is received."
        returns = _refundable_returns(order)
        self.fields["order_return"].queryset = returns  # type: ignore[attr-defined]
        if not returns.exists():
            del self.fields["order_return"]
        if not services.refundable_shipping(order):
            del self.fields["shipping"]

    def left(self, item: OrderItem) -> int:
        """Return how many units were neither cancelled nor refunded."""
        return item.quantity - item.quantity_cancelled - item.quantity_refunded

    def clean(self) -> dict[str, Any]:
        """Refuse a form that names nothing."""
        cleaned = super().clean()
        names = ("shipping", "amount", "order_return")
        if not self.errors and not self.units and not any(map(cleaned.get, names)):
            raise forms.ValidationError(
                "Enter the quantity of an item or an amount, or choose the shipping or a return."
            )
        return cleaned

    @property
    def wanted(self) -> services.Wanted:
        """What a valid form wants to refund."""
        values = self.cleaned_data
        amount: Decimal | None = values["amount"]
        row: Return | None = values.get("order_return")
        return services.Wanted(
            amount=amount,
            units=self.units,
            shipping=bool(values.get("shipping")),
            return_id=None if row is None else row.pk,
            **{name: values[name] for name in ("reason", "restock", "by_hand")},
        )


def _refundable_returns(order: Order) -> QuerySet[Return]:
    steps = (ReturnStep.APPROVED, ReturnStep.RECEIVED)
    return Return.objects.filter(order=order, status__in=steps).order_by("pk")


class CancelItemsForm(UnitsForm):
    """The units of an order to cancel before they are shipped."""

    left_label = "can be cancelled"

    def left(self, item: OrderItem) -> int:
        """Return how many units are not shipped, cancelled or refunded."""
        return cancellable_units(item)
