from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class ValidateOnPostgreSQL(ValidateConstraint):
    """SQLite has checked the rows already."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:  # noqa: ANN001
        """Check all rows. Other transactions can read and write them meanwhile."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0013_track_stock"),
    ]

    operations = [
        ValidateOnPostgreSQL(model_name="product", name="product_without_tracking_has_backorder"),
    ]
