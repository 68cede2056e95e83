import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0023_barcodes"),
    ]

    operations = [
        migrations.CreateModel(
            name="CatalogProgress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job", models.CharField(max_length=50, unique=True)),
                ("number", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="OptionSet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        help_text="The hash of its content.", max_length=64, unique=True
                    ),
                ),
                ("options", models.JSONField(help_text="The names of the options.")),
                (
                    "variants",
                    models.JSONField(help_text="The option values of each variant, as a list."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OptionSetValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "variant",
                    models.PositiveSmallIntegerField(
                        help_text="The place of the variant in the set."
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("value", models.CharField(max_length=255)),
                (
                    "option_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="values",
                        to="catalog.optionset",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProductOptionSet",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="option_set",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                (
                    "option_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="catalog.optionset",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="optionsetvalue",
            index=models.Index(
                fields=["name", "value", "option_set", "variant"], name="optionsetvalue_value"
            ),
        ),
        migrations.AddConstraint(
            model_name="optionsetvalue",
            constraint=models.UniqueConstraint(
                fields=("option_set", "variant", "name"),
                name="optionsetvalue_once",
                violation_error_message="A variant has one value of each option.",
            ),
        ),
        migrations.AddIndex(
            model_name="productoptionset",
            index=models.Index(fields=["option_set", "product"], name="productoptionset_products"),
        ),
    ]
