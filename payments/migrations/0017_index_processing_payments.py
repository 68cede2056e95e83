"""An index that knows processing payments, and unique constraints of the new ledger entries."""

from django.db import migrations, models

from shop.core.operations import AddIndexOnline, AddUniqueConstraintOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0016_validate_disputes")]

    operations = [
        AddIndexOnline(
            model_name="payment",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "pending",
                            "requires_action",
                            "processing",
                            "authorised",
                            "refund_pending",
                        ],
                    )
                ),
                fields=["id"],
                name="payment_unsettled",
            ),
        ),
        AddUniqueConstraintOnline(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ("authorised", "captured", "failed", "voided"))),
                fields=("payment", "kind"),
                name="ledgerentry_each_outcome_once_a_payment",
                violation_error_message="This payment already has a ledger entry of this kind.",
            ),
        ),
        AddUniqueConstraintOnline(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses__isnull", False)),
                fields=("reverses",),
                name="ledgerentry_reversed_once",
                violation_error_message="This ledger entry was reversed before.",
            ),
        ),
        AddIndexOnline(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("dispute__isnull", False)),
                fields=["dispute"],
                name="ledgerentry_of_dispute",
            ),
        ),
    ]
