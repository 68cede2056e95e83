from django.db import migrations, models

from catalog.samples import Place
from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0048_index_sort_keys_of_translations"),
    ]

    operations = [
        AddIndexOnline(
            model_name="product",
            index=models.Index(models.F("parent"), Place("id"), name="product_in_sample"),
        ),
    ]
