"""Check the orders that exist. New ones are checked since the migration before."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_what_orders_keep")]

    operations = [
        ValidateOnPostgreSQL(model_name="order", name="order_of_a_user_or_with_email"),
        ValidateOnPostgreSQL(model_name="order", name="order_total_adds_up"),
        ValidateOnPostgreSQL(model_name="order", name="order_amounts_not_negative"),
        ValidateOnPostgreSQL(model_name="orderitem", name="orderitem_discount_at_most_its_total"),
    ]
