from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0043_highest_price"),
    ]

    operations = [
        ValidateOnPostgreSQL(model_name="product", name="product_highest_price_not_negative"),
    ]
