"""Money that came by hand or bank, and the member of staff who says so."""

from accounts.models import User
from orders.models import Order
from orders.states import OrderStatus
from payments.errors import OrderNotPayable, PaymentNotOpen
from payments.gateways import Outcome, OutcomeStatus
from payments.models import Payment
from payments.services.asking import check_open, gateway_of
from payments.services.settling import settle
from shop.core.transactions import transactional


@transactional
def record_manual_payment(*, payment_id: int, actor: User) -> Payment:
    """Record money that came by hand or bank. Raises PaymentNotOpen, OrderNotPayable.

    The ledger's entry says who recorded it and when. For a cancelled order nothing is recorded:
    staff hand the money back.
    """
    order = Order.objects.lock(
        Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    )
    payment = Payment.objects.get(pk=payment_id)
    check_open(payment, "recorded as paid")
    if not gateway_of(payment).recorded_by_staff:
        raise PaymentNotOpen(payment_status=f"by {payment.method}", wanted="recorded as paid")
    if order.status == OrderStatus.CANCELLED:
        raise OrderNotPayable(order_status=order.status)
    return settle(payment=payment, outcome=Outcome(OutcomeStatus.SUCCEEDED), actor=actor)
