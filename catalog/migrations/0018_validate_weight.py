from django.db import migrations

from shop.core.operations import ValidateOnPostgreSQL


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0017_tax_classes_and_weights"),
    ]

    operations = [
        ValidateOnPostgreSQL(model_name="product", name="product_weight_not_negative"),
    ]
