"""An index of what can still be captured, and the ledger's unique constraint with numbers."""

from django.db import migrations, models

from shop.core.operations import AddIndexOnline, AddUniqueConstraintOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0024_numbers_of_captures")]

    operations = [
        AddIndexOnline(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("amount_capturable__gt", 0)),
                fields=["id"],
                name="payment_capturable",
            ),
        ),
        AddUniqueConstraintOnline(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ("authorised", "captured", "failed", "voided"))),
                fields=("payment", "kind", "number"),
                name="ledgerentry_each_outcome_and_capture_once",
                violation_error_message="This payment already has a ledger entry of this kind.",
            ),
        ),
    ]
