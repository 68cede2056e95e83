"""Check the items that exist. New ones are checked since the migration before."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("orders", "0019_returns")]

    operations = [
        ValidateOnPostgreSQL(
            model_name="orderitem", name="orderitem_refunds_at_most_what_was_ordered"
        ),
        ValidateOnPostgreSQL(
            model_name="orderitem", name="orderitem_restocks_what_the_buyer_does_not_have"
        ),
    ]
