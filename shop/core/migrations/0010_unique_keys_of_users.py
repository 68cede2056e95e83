"""Make the idempotency keys of each user unique."""

from django.db import migrations, models

from shop.core.operations import AddUniqueConstraintOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0009_validate_owner_of_idempotency_keys")]

    operations = [
        AddUniqueConstraintOnline(
            model_name="idempotencykey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user__isnull", False)),
                fields=("user", "scope", "key"),
                name="idempotencykey_once_per_user_and_operation",
                violation_error_message="This key was already used for this operation.",
            ),
        ),
    ]
