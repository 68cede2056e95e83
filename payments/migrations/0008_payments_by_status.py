"""Index payments by status, for the parameter ``status`` of their list."""

from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0007_payment_request_id")]

    operations = [
        AddIndexOnline(
            model_name="payment",
            index=models.Index(fields=["status", "-id"], name="payment_by_status"),
        ),
    ]
