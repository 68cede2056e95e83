from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0038_translations_of_attributes_and_options"),
    ]

    operations = [
        migrations.AddField(
            model_name="category",
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
            model_name="category",
            name="seo_description",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What search engines show of its page.",
                max_length=1000,
                verbose_name="SEO description",
            ),
        ),
    ]
