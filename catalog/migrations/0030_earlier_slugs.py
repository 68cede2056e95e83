import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0029_sizes_of_images"),
    ]

    operations = [
        migrations.CreateModel(
            name="EarlierSlug",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(allow_unicode=True, db_index=False, max_length=255)),
                (
                    "category",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="earlier_slugs",
                        to="catalog.category",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="earlier_slugs",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("category__isnull", False), ("product", None)),
                            models.Q(("category", None), ("product__isnull", False)),
                            _connector="OR",
                        ),
                        name="earlierslug_of_one_thing",
                        violation_error_message="An earlier slug belongs to a product or to a category.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("product__isnull", False)),
                        fields=("slug",),
                        name="earlierslug_of_one_product",
                        violation_error_message="Another product has had this slug.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("category__isnull", False)),
                        fields=("slug",),
                        name="earlierslug_of_one_category",
                        violation_error_message="Another category has had this slug.",
                    ),
                ],
            },
        ),
    ]
