"""Check the orders that exist. New ones are checked since the migration before."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("orders", "0017_paid_at_most_what_is_committed")]

    operations = [
        ValidateOnPostgreSQL(model_name="order", name="order_paid_at_most_what_is_committed"),
    ]
