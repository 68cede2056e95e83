"""Check the rows that the constraints on captures have not checked."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("payments", "0025_index_captures")]

    operations = [
        ValidateOnPostgreSQL(model_name="payment", name="payment_capturable_within_its_amount"),
        ValidateOnPostgreSQL(model_name="payment", name="payment_capture_target_within_its_amount"),
        ValidateOnPostgreSQL(
            model_name="ledgerentry", name="ledgerentry_only_captures_are_numbered"
        ),
    ]
