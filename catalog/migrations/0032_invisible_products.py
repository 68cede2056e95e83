from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0031_index_name_key"),
    ]

    operations = [
        AddIndexOnline(
            model_name="product",
            index=models.Index(
                condition=models.Q(
                    ("parent", None),
                    models.Q(
                        ("is_published", False),
                        ("archived_at__isnull", False),
                        ("publish_at__isnull", False),
                        _connector="OR",
                    ),
                ),
                fields=["id"],
                name="product_invisible",
            ),
        ),
    ]
