"""Make the idempotency keys of each guest unique."""

from django.db import migrations, models

from shop.core.operations import AddUniqueConstraintOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0010_unique_keys_of_users")]

    operations = [
        AddUniqueConstraintOnline(
            model_name="idempotencykey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("guest__isnull", False)),
                fields=("guest", "scope", "key"),
                name="idempotencykey_once_per_guest_and_operation",
                violation_error_message="This key was already used for this operation.",
            ),
        ),
    ]
