"""Check the rows that exist. New rows are checked since the migration before."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("core", "0008_idempotency_keys_of_guests")]

    operations = [
        ValidateOnPostgreSQL(
            model_name="idempotencykey", name="idempotencykey_of_a_user_or_a_guest"
        ),
    ]
