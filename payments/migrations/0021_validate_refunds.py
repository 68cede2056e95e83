"""Check the refunds that exist. New ones are checked since the migration before."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("payments", "0020_refunds_of_items")]

    operations = [
        ValidateOnPostgreSQL(model_name="refund", name="refund_of_shipping_within_its_amount"),
    ]
