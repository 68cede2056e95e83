"""Remove the constraint that the one of users replaces, which has no rows of guests."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0011_unique_keys_of_guests")]

    operations = [
        migrations.RemoveConstraint(
            model_name="idempotencykey", name="idempotencykey_once_per_user_and_scope"
        ),
    ]
