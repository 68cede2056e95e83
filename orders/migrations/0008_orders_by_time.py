"""Index orders by time, for the parameters ``created_after`` and ``created_before``."""

from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0007_longer_names")]

    operations = [
        AddIndexOnline(
            model_name="order", index=models.Index(fields=["created_at"], name="order_by_time")
        ),
    ]
