from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.migrations.operations import AddConstraint


class AddConstraintQuickly(AddConstraintNotValid):
    """On PostgreSQL existing rows are checked by the next migration, without a long lock."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:  # noqa: ANN001
        """Add the constraint."""
        quickly = schema_editor.connection.vendor == "postgresql"
        operation = AddConstraintNotValid if quickly else AddConstraint
        operation.database_forwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0012_help_texts_and_error_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="track_stock",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Otherwise it can always be ordered, such as a gift card, and backorder is set.",
            ),
        ),
        AddConstraintQuickly(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("track_stock", True), ("backorder", True), _connector="OR"),
                name="product_without_tracking_has_backorder",
                violation_error_message="Without tracking of its stock a product can always be ordered, so it needs backorder.",
            ),
        ),
    ]
