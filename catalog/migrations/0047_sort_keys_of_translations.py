from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0046_related_products"),
    ]

    operations = [
        migrations.AddField(
            model_name="producttranslation",
            name="name_key",
            field=models.BinaryField(
                db_default=b"",
                default=b"",
                help_text=(
                    "The name as lists are sorted by it; empty without one, or until it is "
                    "computed."
                ),
            ),
        ),
        migrations.AlterField(
            model_name="producttranslation",
            name="seo_description",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=1000,
                verbose_name="SEO description",
            ),
        ),
        migrations.AlterField(
            model_name="producttranslation",
            name="seo_title",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=255, verbose_name="SEO title"
            ),
        ),
    ]
