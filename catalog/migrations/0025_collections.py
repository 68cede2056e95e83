import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0024_option_sets"),
    ]

    operations = [
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                (
                    "slug",
                    models.SlugField(
                        allow_unicode=True,
                        help_text="The collection's name in URLs.",
                        max_length=255,
                        unique=True,
                    ),
                ),
                ("description", models.TextField(blank=True, default="")),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Collections are sorted by position, then by name."
                    ),
                ),
                (
                    "is_published",
                    models.BooleanField(default=True, help_text="Customers see the collection."),
                ),
                (
                    "rule",
                    models.JSONField(
                        blank=True,
                        help_text="What its products have in common. Empty: staff choose the products.",
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CollectionProduct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "collection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="catalog.collection",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="catalog.product",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="collection",
            name="products",
            field=models.ManyToManyField(
                related_name="collections",
                through="catalog.CollectionProduct",
                to="catalog.product",
            ),
        ),
        migrations.AddConstraint(
            model_name="collectionproduct",
            constraint=models.UniqueConstraint(
                fields=("collection", "product"),
                name="collectionproduct_once",
                violation_error_message="The collection already contains this product.",
            ),
        ),
    ]
