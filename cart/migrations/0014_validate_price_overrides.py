"""Check the price overrides of the items that exist."""

from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("cart", "0013_price_overrides")]

    operations = [
        ValidateOnPostgreSQL(model_name="cartitem", name="cartitem_price_override_not_negative"),
    ]
