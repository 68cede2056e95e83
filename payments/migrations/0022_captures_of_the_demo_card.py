"""Let the demo card capture a charge several times."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0021_validate_refunds")]

    operations = [
        migrations.AddField(
            model_name="democharge",
            name="capturable",
            field=models.DecimalField(db_default=0, decimal_places=2, max_digits=12),
        ),
        migrations.CreateModel(
            name="DemoCapture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="captures",
                        to="payments.democharge",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
