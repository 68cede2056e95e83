"""Every write of payments, in three phases (RELIABILITY R7).

``begin_payment`` stores the intent and commits; ``charge`` calls the gateway with no lock held and
no transaction open; ``settle`` stores the outcome, whoever reports it. Refunds have the same three
phases. An unknown outcome stays pending, never "failed". Lock order: order, payment, products.
"""

from payments.services.captures import (
    capture_payment,
    check_authorised,
    check_capture,
    void_payment,
)
from payments.services.expiry import abandon_payment, expire_order
from payments.services.manual import record_manual_payment
from payments.services.payments import (
    begin_payment,
    cancel_payment,
    charge,
    check_method,
    confirm_payment,
    refresh_payment,
    settle_by_asking,
)
from payments.services.refunds import (
    begin_refund,
    get_refund,
    send_pending_refunds,
    send_refund,
)
from payments.services.settlement import settle, settle_refund
from payments.services.webhooks import apply_event
from payments.services.windows import ago, payment_window

__all__ = [
    "abandon_payment",
    "ago",
    "apply_event",
    "begin_payment",
    "begin_refund",
    "cancel_payment",
    "capture_payment",
    "charge",
    "check_authorised",
    "check_capture",
    "check_method",
    "confirm_payment",
    "expire_order",
    "get_refund",
    "payment_window",
    "record_manual_payment",
    "refresh_payment",
    "send_pending_refunds",
    "send_refund",
    "settle",
    "settle_by_asking",
    "settle_refund",
    "void_payment",
]
