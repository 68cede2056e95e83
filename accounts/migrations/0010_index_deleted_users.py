"""Index the accounts that were deleted."""

from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0009_validate_deleted_users")]

    operations = [
        AddIndexOnline(
            model_name="user",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["deleted_at"],
                name="user_deleted",
            ),
        ),
    ]
