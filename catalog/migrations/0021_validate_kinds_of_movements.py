"""Check the movements that exist. New ones are checked since the migration before."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("catalog", "0020_returned_units")]

    operations = [
        ValidateOnPostgreSQL(model_name="stockmovement", name="stockmovement_kind_is_known"),
    ]
