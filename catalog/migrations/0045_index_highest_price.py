from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0044_validate_highest_price"),
    ]

    operations = [
        AddIndexOnline(
            model_name="product",
            index=models.Index(
                condition=models.Q(
                    ("archived_at", None),
                    ("is_published", True),
                    ("parent", None),
                    ("highest_price__isnull", False),
                ),
                fields=["highest_price", "price", "id", "publish_at"],
                name="product_by_highest_price",
            ),
        ),
    ]
