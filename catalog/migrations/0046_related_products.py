import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0045_index_highest_price"),
    ]

    operations = [
        migrations.CreateModel(
            name="RelatedProduct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(help_text="The most related one is first."),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="related",
                        to="catalog.product",
                    ),
                ),
                (
                    "related",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="related_to",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "related"),
                        name="relatedproduct_once",
                        violation_error_message="The products are related already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("product", models.F("related")), _negated=True),
                        name="relatedproduct_not_itself",
                        violation_error_message="A product is not related to itself.",
                    ),
                ],
            },
        ),
    ]
