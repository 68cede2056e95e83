from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0018_validate_weight"),
    ]

    operations = [
        AddIndexOnline(
            model_name="product",
            index=models.Index(
                condition=models.Q(("tax_class__isnull", False)),
                fields=["tax_class"],
                name="product_of_tax_class",
            ),
        ),
    ]
