"""Make the numbers of orders unique."""

from django.db import migrations, models

from shop.core.operations import AddUniqueConstraintOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0010_validate_what_orders_keep")]

    operations = [
        AddUniqueConstraintOnline(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number__isnull", False)),
                fields=("number",),
                name="order_number_unique",
                violation_error_message="Another order has this number.",
            ),
        ),
    ]
