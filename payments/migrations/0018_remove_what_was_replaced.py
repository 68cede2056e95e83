"""Remove the constraint and the index that the migration before replaces."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0017_index_processing_payments")]

    operations = [
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledgerentry_each_kind_once_a_payment",
        ),
        migrations.RemoveIndex(
            model_name="payment",
            name="payment_unfinished",
        ),
    ]
