from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0030_earlier_slugs"),
    ]

    operations = [
        AddIndexOnline(
            model_name="product",
            index=models.Index(
                condition=models.Q(("archived_at", None), ("is_published", True), ("parent", None)),
                fields=["name_key", "id", "publish_at"],
                name="product_by_name_key",
            ),
        ),
    ]
