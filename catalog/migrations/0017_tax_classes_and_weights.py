import django.db.models.deletion
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0016_longer_texts"),
    ]

    operations = [
        migrations.CreateModel(
            name="TaxClass",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.SlugField(
                        allow_unicode=True,
                        help_text="The name of the class in the API and in files, such as reduced.",
                        unique=True,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "verbose_name_plural": "tax classes",
                "ordering": ("code",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True),
                            models.Q(("code", "standard"), _negated=True),
                        ),
                        name="taxclass_is_not_the_standard",
                        violation_error_message="Products without a tax class are taxed at the standard rate, so that “standard” cannot be the code of a class.",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="product",
            name="requires_shipping",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Otherwise nothing is shipped, such as for a download or a service.",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="weight",
            field=models.IntegerField(
                db_default=0, default=0, help_text="Grams of one unit with its packaging."
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="tax_class",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Empty for the standard rate.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="products",
                to="catalog.taxclass",
                to_field="code",
            ),
        ),
        AddConstraintQuickly(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__gte", 0)),
                name="product_weight_not_negative",
                violation_error_message="The weight must not be negative.",
            ),
        ),
    ]
