from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0028_reading_products"),
    ]

    operations = [
        migrations.AddField(
            model_name="productimage",
            name="width",
            field=models.PositiveIntegerField(
                editable=False,
                help_text="Pixels of the large size; NULL if not known.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="productimage",
            name="height",
            field=models.PositiveIntegerField(
                editable=False,
                help_text="Pixels of the large size; NULL if not known.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="productimage",
            name="placeholder",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="A data URI of a few pixels, which is shown until the image has loaded.",
            ),
        ),
    ]
