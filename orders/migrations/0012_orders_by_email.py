"""Index orders by the key of their e-mail address."""

from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0011_unique_numbers")]

    operations = [
        AddIndexOnline(
            model_name="order",
            index=models.Index(
                condition=models.Q(("email_key", ""), _negated=True),
                fields=["email_key"],
                name="order_by_email_key",
            ),
        ),
    ]
