"""Check the rows that the constraints of the migration before have not checked."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("payments", "0015_disputes")]

    operations = [
        ValidateOnPostgreSQL(model_name="payment", name="payment_status_is_known"),
        ValidateOnPostgreSQL(model_name="ledgerentry", name="ledgerentry_kind_is_known"),
        ValidateOnPostgreSQL(
            model_name="ledgerentry", name="ledgerentry_failed_refund_names_what_it_reverses"
        ),
        ValidateOnPostgreSQL(model_name="ledgerentry", name="ledgerentry_of_a_dispute_names_it"),
    ]
