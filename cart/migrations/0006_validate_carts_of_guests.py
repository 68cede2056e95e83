from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [("cart", "0005_carts_of_guests")]

    operations = [
        ValidateOnPostgreSQL(model_name="cart", name="cart_status_is_known"),
        ValidateOnPostgreSQL(model_name="cart", name="cart_of_a_user_or_a_guest"),
    ]
