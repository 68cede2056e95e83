from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cart", "0010_promotion_kinds")]

    operations = [
        AddIndexOnline(
            model_name="cart",
            index=models.Index(
                condition=models.Q(("status", "ordered"), _negated=True),
                fields=["updated_at"],
                name="cart_not_ordered_by_age",
            ),
        ),
    ]
