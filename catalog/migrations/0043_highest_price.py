from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0042_seo_of_category_translations"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="highest_price",
            field=models.DecimalField(
                decimal_places=2,
                editable=False,
                help_text="The price of the dearest variant; NULL unless it differs from the cheapest.",
                max_digits=12,
                null=True,
            ),
        ),
        AddConstraintQuickly(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("highest_price", None), ("highest_price__gte", 0), _connector="OR"
                ),
                name="product_highest_price_not_negative",
                violation_error_message="The price must not be negative.",
            ),
        ),
    ]
