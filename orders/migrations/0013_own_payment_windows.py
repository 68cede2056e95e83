"""Let an order have a payment window of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_orders_by_email")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="has_own_window",
            field=models.BooleanField(
                db_default=False,
                help_text="Whether ``pay_before`` alone ends the payment window, as for a draft.",
            ),
        ),
    ]
