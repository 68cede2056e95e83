from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0026_collections_of_sales"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="seo_title",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The title of its page for search engines; empty for the name.",
                max_length=255,
                verbose_name="SEO title",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="seo_description",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What search engines show of its page; empty for the description.",
                max_length=1000,
                verbose_name="SEO description",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="name_key",
            field=models.BinaryField(
                db_default=b"",
                default=b"",
                help_text="The name as lists are sorted by it; empty until it is computed.",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="updated_at",
            field=models.DateTimeField(
                db_default=Now(),
                editable=False,
                help_text="When it, its stock or its images changed last.",
            ),
        ),
    ]
