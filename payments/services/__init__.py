"""Every write of payments, in three phases (RELIABILITY R7).

``begin_payment`` inserts a pending payment and commits. ``charge`` calls the gateway without a lock
or a transaction. ``settle`` stores the outcome that a request, webhook or scheduled job reports.
Refunds have the same three phases. A payment whose outcome is unknown stays pending. Rows are
locked in this order: order, payment, products.
"""

from payments.services.allocations import pending_restocks, refundable_shipping
from payments.services.beginning import begin_payment, check_method
from payments.services.cancellations import cancel_items, send_refunds_of_cancellations
from payments.services.captures import (
    authorised_left,
    capturable_amount,
    capture_payment,
    check_authorised,
    check_capture,
    void_payment,
)
from payments.services.checkout import CheckedOut, check_out
from payments.services.expiry import abandon_payment, expire_order
from payments.services.giving_back import give_back
from payments.services.manual import record_manual_payment
from payments.services.payments import (
    cancel_payment,
    charge,
    check_cancellation,
    check_confirmation,
    confirm_payment,
    fetch_and_settle,
    refresh_payment,
)
from payments.services.refunds import (
    Wanted,
    begin_order_refund,
    begin_payment_refund,
    begin_refund,
    get_refund,
    left_of,
    refundable_payments,
    refunds_of_request,
    send_pending_refunds,
    send_refund,
)
from payments.services.settlement import settle, settle_refund
from payments.services.webhooks import apply_event
from payments.services.windows import payment_window

__all__ = [
    "CheckedOut",
    "Wanted",
    "abandon_payment",
    "apply_event",
    "authorised_left",
    "begin_order_refund",
    "begin_payment",
    "begin_payment_refund",
    "begin_refund",
    "cancel_items",
    "cancel_payment",
    "capturable_amount",
    "capture_payment",
    "charge",
    "check_authorised",
    "check_cancellation",
    "check_capture",
    "check_confirmation",
    "check_method",
    "check_out",
    "confirm_payment",
    "expire_order",
    "fetch_and_settle",
    "get_refund",
    "give_back",
    "left_of",
    "payment_window",
    "pending_restocks",
    "record_manual_payment",
    "refresh_payment",
    "refundable_payments",
    "refundable_shipping",
    "refunds_of_request",
    "send_pending_refunds",
    "send_refund",
    "send_refunds_of_cancellations",
    "settle",
    "settle_refund",
    "void_payment",
]
