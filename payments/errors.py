"""What payments refuse."""

from shop.core.errors import Conflict, InvalidField, NotFound, ShopError, Unavailable


class MethodNotConfigured(InvalidField):
    """400. Facts: field, reason, payment_methods (the codes that are configured)."""

    code = "payment_method_not_configured"
    example = {
        "field": "payment_method",
        "reason": "This method is not configured; choose one of: card.",
        "payment_methods": ["card"],
    }


class CardNumberRefused(InvalidField):
    """400. Facts: field, reason; never the number."""

    code = "card_number_refused"
    example = {"field": "payment_token", "reason": "This looks like a card number."}


class SignatureInvalid(ShopError):
    """400: an event that its provider did not sign, or not now."""

    code = "signature_invalid"
    message = "The signature is not the provider's, or not of the last five minutes."


class EventTooLarge(ShopError):
    """413. Facts: limit, in bytes."""

    status = 413
    code = "body_too_large"
    message = "An event holds at most {limit} bytes."
    example = {"limit": 65536}


class OrderNotFound(NotFound):
    """404: no such order, or another's."""

    code = "order_not_found"
    message = "You have no order with this id."


class PaymentInProgress(Conflict):
    """409. Facts: payment_id of the live payment."""

    code = "payment_in_progress"
    message = "Payment {payment_id} of this order is under way; finish or cancel it first."
    example = {"payment_id": 42}


class OrderNotPayable(Conflict):
    """409. Facts: order_status."""

    code = "order_not_payable"
    message = "An order that is {order_status} takes no payment."
    example = {"order_status": "paid"}


class OrderExpired(Conflict):
    """409: the payment window has closed."""

    code = "order_expired"
    message = "The time to pay this order is over; order anew."


class NotRefundable(Conflict):
    """409. Facts: payment_status."""

    code = "payment_not_refundable"
    message = "A payment that is {payment_status} holds no money to give back."
    example = {"payment_status": "pending"}


class RefundLimit(Conflict):
    """409. Facts: refundable, an amount in the payment's currency."""

    code = "refund_limit"
    message = "Of this payment {refundable} can still go back, refunds under way counted."
    example = {"refundable": "4.50"}


class AlreadyRestocked(Conflict):
    """409. Facts: order_id."""

    code = "already_restocked"
    message = "The goods of order {order_id} are back in stock already; refund without restock."
    example = {"order_id": 42}


class CaptureLimit(Conflict):
    """409. Facts: authorised, an amount in the payment's currency."""

    code = "capture_limit"
    message = "Of this payment {authorised} is authorised; capture that at most."
    example = {"authorised": "48.00"}


class GatewayBusy(Unavailable):
    """503, before anything was begun: every slot for calling gateways is taken."""

    code = "gateway_busy"
    message = "Payments are slow right now, and this one was not begun. Ask again shortly."


class PaymentNotOpen(Conflict):
    """409. Facts: payment_status, wanted."""

    code = "illegal_transition"
    message = "A payment that is {payment_status} cannot be {wanted}."
    example = {"payment_status": "succeeded", "wanted": "cancelled"}


class OnlyStaffRecord(Conflict):
    """409. Facts: payment_method."""

    code = "payment_not_confirmable"
    message = "Staff record the money of a {payment_method} payment when it arrives."
    example = {"payment_method": "bank_transfer"}


class CancelTheOrder(Conflict):
    """409. Facts: payment_method."""

    code = "payment_not_cancellable"
    message = "This {payment_method} order is confirmed; cancel the order instead."
    example = {"payment_method": "cash_on_delivery"}
