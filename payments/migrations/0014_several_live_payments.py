"""Drop the constraint that allowed one live payment only. That of 0012 replaces it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_validate_failure_codes")]

    operations = [
        migrations.RemoveConstraint(model_name="payment", name="payment_one_live_per_order"),
    ]
