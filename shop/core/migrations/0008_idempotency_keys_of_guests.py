"""Let idempotency keys belong to guests. The previous release always sets the user."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly, AllowNull


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0007_configuration_revision"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="idempotencykey",
            name="guest",
            field=models.CharField(
                help_text="SHA-256 of the token of a guest; null for a user.",
                max_length=64,
                null=True,
            ),
        ),
        AllowNull(
            model_name="idempotencykey",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        AddConstraintQuickly(
            model_name="idempotencykey",
            constraint=models.CheckConstraint(
                condition=models.Q(("guest__isnull", False), ("user__isnull", True))
                | models.Q(("guest__isnull", True), ("user__isnull", False)),
                name="idempotencykey_of_a_user_or_a_guest",
                violation_error_message="A key belongs to either a user or a guest.",
            ),
        ),
    ]
