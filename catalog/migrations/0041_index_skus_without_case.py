from django.db import migrations, models
from django.db.models.functions import Upper

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0040_spellings"),
    ]

    operations = [
        AddIndexOnline(
            model_name="product",
            index=models.Index(
                Upper("sku"),
                condition=models.Q(("archived_at", None), models.Q(("sku", ""), _negated=True)),
                name="product_sku_without_case",
            ),
        ),
    ]
