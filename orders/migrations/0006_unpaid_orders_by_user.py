"""Index the unpaid orders of each user, which ``orders.limits`` counts."""

from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0005_constraint_messages")]

    operations = [
        AddIndexOnline(
            model_name="order",
            index=models.Index(
                fields=["user"], condition=models.Q(paid_at=None), name="order_unpaid_by_user"
            ),
        ),
    ]
