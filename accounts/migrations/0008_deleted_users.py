"""A deleted account cannot be active. No row has a date of deletion yet."""

from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_address_book")]

    operations = [
        AddConstraintQuickly(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("deleted_at", None), ("is_active", False), _connector="OR"),
                name="user_deleted_is_not_active",
                violation_error_message="An account that was deleted cannot be active.",
            ),
        ),
    ]
