"""Check the orders that exist. New ones are checked since the migration before."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("orders", "0015_fulfilments_and_statuses")]

    operations = [
        ValidateOnPostgreSQL(model_name="order", name="order_paid_without_what_was_cancelled"),
        ValidateOnPostgreSQL(model_name="order", name="order_without_money_when_cancelled"),
        ValidateOnPostgreSQL(model_name="order", name="order_cancelled_before_it_was_shipped"),
        ValidateOnPostgreSQL(model_name="order", name="order_cancelled_at_most_its_total"),
        ValidateOnPostgreSQL(model_name="order", name="order_committed_at_most_its_total"),
        ValidateOnPostgreSQL(model_name="order", name="order_statuses_known"),
        ValidateOnPostgreSQL(
            model_name="orderitem", name="orderitem_ships_at_most_what_was_ordered"
        ),
        ValidateOnPostgreSQL(
            model_name="orderitem", name="orderitem_returns_at_most_what_was_shipped"
        ),
        ValidateOnPostgreSQL(model_name="orderitem", name="orderitem_refunded_not_negative"),
    ]
