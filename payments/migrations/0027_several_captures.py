"""Drop the constraint that allowed one capture only. That of 0025 replaces it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0026_validate_captures")]

    operations = [
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledgerentry_each_outcome_once_a_payment",
        ),
    ]
