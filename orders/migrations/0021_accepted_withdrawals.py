"""Let a withdrawal name the return as which staff accepted it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0020_validate_units_of_items"),
    ]

    operations = [
        migrations.AddField(
            model_name="withdrawal",
            name="accepted_return",
            field=models.ForeignKey(
                db_index=False,
                help_text="The return as which staff have accepted it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="withdrawals",
                to="orders.return",
            ),
        ),
    ]
