"""Errors of payments and refunds."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from orders.states import describe_status
from payments.states import describe_payment_status
from shop.core.errors import (
    Conflict,
    InvalidField,
    NotFound,
    ShopError,
    TooManyRequests,
    Unavailable,
)

_STEPS = {
    "confirmed": _("confirmed"),
    "cancelled": _("cancelled"),
    "captured": _("captured"),
    "voided": _("voided"),
    "recorded as paid": _("recorded as paid"),
}


class MethodNotConfigured(InvalidField):
    """400: the shop does not offer the method. Facts: field, reason, payment_methods (codes)."""

    code = "payment_method_not_configured"
    example = {
        "field": "payment_method",
        "reason": "This payment method is not available. Choose one of: Card.",
        "payment_methods": ["card"],
    }


class CardNumberRefused(InvalidField):
    """400: a field holds a card number. Facts: field, reason. The number is never repeated."""

    code = "card_number_refused"
    example = {"field": "payment_token", "reason": "This looks like a card number."}


class SignatureInvalid(ShopError):
    """400: a provider event without a valid, recent signature."""

    code = "signature_invalid"
    message = _("The event has no valid signature of the provider from the last five minutes.")


class OrderNotFound(NotFound):
    """404: the order does not exist, or belongs to another user."""

    code = "order_not_found"
    field = "order_id"
    message = _("You have no order with this id.")


class PaymentInProgress(Conflict):
    """409: the order has another live payment. Facts: payment_id of that payment."""

    code = "payment_in_progress"
    field = "order_id"
    message = _("Another payment of this order is in progress. Complete or cancel it first.")
    example = {"payment_id": 42}


class PaymentAmountLimit(Conflict):
    """409: the amount exceeds what is due and not covered by other payments.

    Facts: payable, an amount in the order's currency.
    """

    code = "payment_amount_limit"
    amounts = ("payable",)
    field = "amount"
    message = _("At most {payable} of this order is still to be paid.")
    example = {"payable": "18.50"}


class OrderNotPayable(Conflict):
    """409: the order's status does not allow a payment. Facts: order_status."""

    code = "order_not_payable"
    field = "order_id"
    message = _("An order that is {order_status} does not accept payments.")
    example = {"order_status": "paid"}

    def words(self) -> dict[str, Any]:
        """Name the status in the language of the sentence."""
        return {"order_status": describe_status(self.facts["order_status"])}


class OrderExpired(Conflict):
    """409: the payment window has closed."""

    code = "order_expired"
    field = "order_id"
    message = _("The payment window for this order has closed. Please place a new order.")


class MethodAmountLimit(Conflict):
    """409: the order is too large for the method. Facts: payment_method, limit.

    The limit is an amount in the shop's currency.
    """

    code = "payment_method_limit"
    amounts = ("limit",)
    field = "payment_method"
    message = _("You can pay at most {limit} this way. Please choose another payment method.")
    example = {"payment_method": "cash_on_delivery", "limit": "500.00"}


class TooManyDeclines(TooManyRequests):
    """429: too many payments were declined lately. Facts: retry_after, in whole seconds."""

    code = "too_many_declines"
    message = ngettext_lazy(
        "Several payments were declined. Try again in {retry_after} second, "
        "or choose another payment method.",
        "Several payments were declined. Try again in {retry_after} seconds, "
        "or choose another payment method.",
        "retry_after",
    )


class PaymentNotRefundable(Conflict):
    """409: the payment has no captured money to refund. Facts: payment_status."""

    code = "payment_not_refundable"
    message = _("A payment that is {payment_status} has no money to refund.")
    example = {"payment_status": "pending"}

    def words(self) -> dict[str, Any]:
        """Name the status in the language of the sentence."""
        return {"payment_status": describe_payment_status(self.facts["payment_status"])}


class RefundLimit(Conflict):
    """409: the amount exceeds what can be refunded.

    Facts: refundable, an amount in the payment's currency.
    """

    code = "refund_limit"
    amounts = ("refundable",)
    field = "amount"
    message = _("At most {refundable} of this payment can still be refunded.")
    example = {"refundable": "4.50"}


class RefundUnitsLimit(Conflict):
    """409: more units than can be refunded any more. Facts: product_id, name, available."""

    code = "refund_units_limit"
    field = "items"
    message = ngettext_lazy(
        "{available} unit of {name} can still be refunded.",
        "{available} units of {name} can still be refunded.",
        "available",
    )
    example = {"product_id": 7, "name": "Teapot", "available": 1}


class ReturnNotInOrder(NotFound):
    """404: the order has no return with this id."""

    code = "return_not_found"
    field = "return_id"
    message = _("This order has no return with this id.")


class AlreadyRestocked(Conflict):
    """409: the order's items were restocked before. Facts: order_id."""

    code = "already_restocked"
    field = "restock"
    message = _(
        "The items of this order were returned to stock before. Refund it without restocking."
    )
    example = {"order_id": 42}


class CaptureLimit(Conflict):
    """409: the amount exceeds what is authorised and due.

    Facts: authorised, the most that can be captured, in the payment's currency.
    """

    code = "capture_limit"
    amounts = ("authorised",)
    field = "amount"
    message = _("At most {authorised} of this payment can be captured.")
    example = {"authorised": "48.00"}


class AmountMismatch(Conflict):
    """409: another amount arrived than the payment is about.

    Facts: owed and amount, in the payment's currency.
    """

    code = "amount_mismatch"
    amounts = ("owed", "amount")
    field = "amount"
    message = _(
        "This payment is about {owed}, not {amount}. Only the whole amount can be recorded: return "
        "what arrived, or wait for the rest."
    )
    example = {"owed": "48.00", "amount": "10.00"}


class GatewayBusy(Unavailable):
    """503: every slot for calling gateways is taken. Nothing was written."""

    code = "gateway_busy"
    message = _("The payment service is busy and nothing was started. Please try again shortly.")


class PaymentNotOpen(Conflict):
    """409: the payment's status does not allow the step. Facts: payment_status, wanted."""

    code = "illegal_transition"
    message = _("A payment that is {payment_status} cannot be {wanted}.")
    example = {"payment_status": "succeeded", "wanted": "cancelled"}
    schema_name = "PaymentNotOpenProblem"

    def words(self) -> dict[str, Any]:
        """Name the status and the step in the language of the sentence."""
        wanted = self.facts["wanted"]
        return {
            "payment_status": describe_payment_status(self.facts["payment_status"]),
            "wanted": _STEPS.get(wanted, wanted),
        }


class PaymentNotManual(Conflict):
    """409: the gateway reports this payment's money, so staff cannot record it.

    Facts: payment_method.
    """

    code = "payment_not_manual"
    message = _("The payment provider reports this money. It cannot be recorded by hand.")
    example = {"payment_method": "card"}


class PaymentNotConfirmable(Conflict):
    """409: staff record this method's money, so buyers cannot confirm it.

    Facts: payment_method.
    """

    code = "payment_not_confirmable"
    message = _("You need not confirm this payment. Our staff record the money when it arrives.")
    example = {"payment_method": "bank_transfer"}


class PaymentNotCancellable(Conflict):
    """409: the method confirmed the order, which has to be cancelled instead.

    Facts: payment_method.
    """

    code = "payment_not_cancellable"
    message = _(
        "This payment cannot be cancelled, because its order is confirmed. "
        "Cancel the order instead."
    )
    example = {"payment_method": "cash_on_delivery"}
