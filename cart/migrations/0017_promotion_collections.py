from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cart", "0016_promotion_limits"),
        ("catalog", "0025_collections"),
    ]

    operations = [
        migrations.AddField(
            model_name="promotion",
            name="collections",
            field=models.ManyToManyField(blank=True, related_name="+", to="catalog.collection"),
        ),
    ]
