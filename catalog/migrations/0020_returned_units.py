"""Movements of units that buyers returned."""

from django.conf import settings
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0019_index_tax_class"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="stockmovement",
            name="stockmovement_kind_known",
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("initial", "Initial stock"),
                    ("adjustment", "Adjustment by staff"),
                    ("sale", "Order placed"),
                    ("cancellation", "Order or items cancelled"),
                    ("return", "Returned by the buyer"),
                ],
                max_length=20,
            ),
        ),
        AddConstraintQuickly(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["initial", "adjustment", "sale", "cancellation", "return"])
                ),
                name="stockmovement_kind_is_known",
                violation_error_message="The kind of the movement must be one of the known kinds.",
            ),
        ),
    ]
