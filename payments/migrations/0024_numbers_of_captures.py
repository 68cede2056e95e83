"""Number the captures of a payment in the ledger."""

from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [("payments", "0023_what_can_still_be_captured")]

    operations = [
        migrations.AddField(
            model_name="ledgerentry",
            name="number",
            field=models.SmallIntegerField(
                db_default=1,
                help_text="Which capture of the payment it is. 1 for other entries.",
            ),
        ),
        AddConstraintQuickly(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("number", 1),
                    models.Q(("kind", "captured"), ("number__gt", 1)),
                    _connector="OR",
                ),
                name="ledgerentry_only_captures_are_numbered",
                violation_error_message="Only captures of a payment are numbered.",
            ),
        ),
    ]
