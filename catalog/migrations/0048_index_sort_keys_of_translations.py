from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0047_sort_keys_of_translations"),
    ]

    operations = [
        AddIndexOnline(
            model_name="producttranslation",
            index=models.Index(
                fields=["language", "name_key", "product"], name="producttranslation_by_name_key"
            ),
        ),
    ]
