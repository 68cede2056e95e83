from typing import Any

from django.db import migrations
from django.db.models import F


def enter(apps: Any, schema_editor: Any) -> None:
    """Give each payment from before its amounts, its refund and its entries."""
    payment_model = apps.get_model("payments", "Payment")
    held = ["succeeded", "refund_pending", "refunded"]
    payments = payment_model.objects
    payments.filter(status__in=held).update(amount_captured=F("amount"))
    payments.filter(status__in=held[1:]).update(amount_refunded=F("amount"), is_late=True)
    for payment in payments.exclude(status__in=["pending", "requires_action"]).iterator():
        _enter(apps, payment, held)


def _enter(apps: Any, payment: Any, held: list[str]) -> None:
    entries = apps.get_model("payments", "LedgerEntry").objects
    kinds = {"failed": "failed", "cancelled": "voided"}
    entry = {"payment": payment, "amount": payment.amount, "reference": payment.provider_reference}
    entries.create(kind=kinds.get(payment.status, "captured"), **entry)
    if payment.status in held[1:] and payment.amount > 0:
        is_done = payment.status == "refunded"
        refund = apps.get_model("payments", "Refund").objects.create(
            payment=payment,
            amount=payment.amount,
            reason="Late payment",
            status="succeeded" if is_done else "pending",
        )
        _enter_demo_refund(apps, payment, refund)
        if is_done:
            entries.create(kind="refunded", refund=refund, **entry)


def _enter_demo_refund(apps: Any, payment: Any, refund: Any) -> None:
    """Let the demo gateway find, by its new key, what it gave back under the old one."""
    charges = apps.get_model("payments", "DemoCharge").objects
    for charge in charges.filter(key=payment.provider_key).exclude(refund_key=""):
        apps.get_model("payments", "DemoRefund").objects.create(
            charge=charge, key=str(refund.provider_key), amount=charge.refunded
        )


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_ledger")]

    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
