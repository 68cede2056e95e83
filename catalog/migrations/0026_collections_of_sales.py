from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0025_collections"),
    ]

    operations = [
        migrations.AddField(
            model_name="sale",
            name="collections",
            field=models.ManyToManyField(blank=True, related_name="sales", to="catalog.collection"),
        ),
    ]
