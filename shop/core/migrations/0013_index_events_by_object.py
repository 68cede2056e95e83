"""Index public events by their object, so that their sequence can be counted."""

from django.db import migrations, models

from shop.core.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0012_remove_the_unique_keys_of_all")]

    operations = [
        AddIndexOnline(
            model_name="event",
            index=models.Index(
                condition=models.Q(("is_internal", False), ("position__isnull", False)),
                fields=["object_type", "object_id", "position"],
                name="event_public_by_object",
            ),
        ),
    ]
