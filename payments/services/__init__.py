"""Every write of payments, in three phases (RELIABILITY R7).

``begin_payment`` writes the intent and commits; ``charge`` asks the gateway with no lock held and
no transaction open; ``settle`` writes the answer, whoever brings it. Refunds go the same way. An
unknown outcome stays pending, never "failed". Lock order: order, then payment, then products.
"""

from payments.services.asking import get_refund, refund_late_payment, send_refund
from payments.services.capturing import (
    capture_payment,
    check_authorised,
    check_capture,
    void_payment,
)
from payments.services.expiring import expire_order, give_up
from payments.services.hearing import hear
from payments.services.paying import (
    ask_again,
    begin_payment,
    cancel_payment,
    charge,
    check_method,
    confirm_payment,
    settle_by_asking,
)
from payments.services.recording import record_manual_payment
from payments.services.refunding import begin_refund
from payments.services.settling import settle, settle_refund
from payments.services.windows import ago, payment_window

__all__ = [
    "ago",
    "ask_again",
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
    "give_up",
    "hear",
    "payment_window",
    "record_manual_payment",
    "refund_late_payment",
    "send_refund",
    "settle",
    "settle_by_asking",
    "settle_refund",
    "void_payment",
]
