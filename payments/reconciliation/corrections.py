"""Corrections of differences for which exactly one correction is right."""

from copy import copy
from decimal import Decimal

from orders.models import Order
from payments import gateways
from payments.models import EntryKind, Payment
from payments.services import send_pending_refunds
from payments.services.charges import charge_of, gateway_of
from payments.services.entries import add_ledger_entry
from payments.services.late_refunds import begin_late_refund
from shop.core.transactions import transactional


def refund_unexpected_capture(payment: Payment, captured: Decimal) -> Payment:
    """Refund ``captured`` money of a payment that had ended; return the payment.

    ``captured`` is in the payment's currency. May be repeated and run in parallel: the money is
    refunded once.
    """
    _record_unexpected_capture(payment, captured)
    return send_pending_refunds(payment)


@transactional
def _record_unexpected_capture(payment: Payment, captured: Decimal) -> None:
    Order.objects.lock(payment.order_id)
    # A copy, since after a deadlock this function runs again with the same argument.
    if begin_late_refund(copy(payment), captured):
        add_ledger_entry(payment, EntryKind.CAPTURED, captured, None)


def cancel_ended(payment: Payment) -> None:
    """Cancel an ended payment at its gateway, so that it can no longer be paid there.

    Raises GatewayUnavailable.
    """
    gateway, charge = gateway_of(payment), charge_of(payment)
    gateways.call_outside_transaction(lambda: gateway.cancel(charge))
