"""Let several payments of an order be live if they are partial."""

from django.db import migrations, models

from shop.core.operations import AddUniqueConstraintOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0011_partial_payments_and_failures")]

    operations = [
        AddUniqueConstraintOnline(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(
                        ("status__in", ("failed", "cancelled", "refund_pending", "refunded")),
                        _negated=True,
                    ),
                    ("is_partial", False),
                ),
                fields=("order",),
                name="payment_one_live_of_the_whole_order",
                violation_error_message="This order already has a payment that is in progress or has succeeded.",
            ),
        ),
    ]
