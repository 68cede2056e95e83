"""The entries of payments in the ledger, and their events for handlers (``shop.core.events``)."""

from decimal import Decimal

from accounts.models import User
from payments.models import EntryKind, LedgerEntry, Payment, Refund
from shop.core import events
from shop.core.money import show
from shop.engine import Insert


def record_payment_event(
    payment: Payment, name: str, amount: Decimal, **facts: events.Fact
) -> None:
    """Record the domain event ``payment.<name>``. ``amount`` is in the payment's currency."""
    data = {
        "order_id": payment.order_id,
        "method": payment.method,
        "amount": show(amount),
        "currency": payment.currency,
        **facts,
    }
    events.record(f"payment.{name}", object_type="payment", object_id=payment.pk, data=data)


_ENTRIES = Insert(LedgerEntry, "payment_id", "refund_id", "kind", "amount", "reference", "actor_id")


def add_ledger_entry(
    payment: Payment,
    kind: EntryKind,
    amount: Decimal,
    actor: User | None,
    refund: Refund | None = None,
) -> None:
    """Add an entry to the ledger. The INSERT is sent with the next statement."""
    reference = payment.provider_reference if refund is None else refund.provider_reference
    refund_id, actor_id = refund and refund.pk, actor and actor.pk
    _ENTRIES.send_with_next([(payment.pk, refund_id, kind.value, amount, reference, actor_id)])
