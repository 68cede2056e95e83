from django.db import migrations, models

from catalog.samples import Place
from shop.core.operations import AddIndexOnline

_COLUMNS = (
    "id",
    "category",
    "brand",
    "price",
    "highest_price",
    "publish_at",
    "is_published",
    "archived_at",
    "has_variants",
    "is_stocked",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0050_translations_of_images"),
    ]

    operations = [
        AddIndexOnline(
            model_name="product",
            index=models.Index(
                Place("id"),
                *map(models.F, _COLUMNS),
                condition=models.Q(("parent", None)),
                name="product_sampled",
            ),
        ),
    ]
