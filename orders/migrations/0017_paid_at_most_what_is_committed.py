"""Let no release record more money than the payments of an order were begun with."""

from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [("orders", "0016_validate_statuses")]

    operations = [
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_committed", 0),
                    ("amount_paid__lte", models.F("amount_committed")),
                    _connector="OR",
                ),
                name="order_paid_at_most_what_is_committed",
                violation_error_message="Only payments that were begun can pay an order.",
            ),
        ),
    ]
