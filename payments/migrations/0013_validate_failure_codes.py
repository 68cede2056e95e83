"""Check the rows that exist. New ones are checked since 0011."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("payments", "0012_one_live_payment_of_the_whole_order")]

    operations = [
        ValidateOnPostgreSQL(model_name="payment", name="payment_failure_code_known"),
        ValidateOnPostgreSQL(model_name="refund", name="refund_failure_code_known"),
    ]
