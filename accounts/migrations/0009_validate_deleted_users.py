"""Check the existing rows, while others write to the table."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_deleted_users")]

    operations = [
        ValidateOnPostgreSQL(model_name="user", name="user_deleted_is_not_active"),
    ]
