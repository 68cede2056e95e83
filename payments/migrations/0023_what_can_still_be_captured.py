"""Payments that are captured in parts: what is left, and the capture in progress."""

from django.db import migrations, models
from django.db.models.functions import Round

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [("payments", "0022_captures_of_the_demo_card")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="amount_capturable",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                help_text="What can still be captured after the first capture, by gateways with several.",
                max_digits=12,
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="capture_target",
            field=models.DecimalField(
                decimal_places=2,
                help_text="What will have been captured in all after the capture in progress.",
                max_digits=12,
                null=True,
            ),
        ),
        AddConstraintQuickly(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_capturable", 0),
                    models.Q(
                        ("amount_capturable__gt", 0),
                        (
                            "amount_capturable__lte",
                            Round(models.F("amount") - models.F("amount_captured"), precision=2),
                        ),
                        ("status__in", ("succeeded", "refund_pending", "refunded")),
                    ),
                    _connector="OR",
                ),
                name="payment_capturable_within_its_amount",
                violation_error_message="What can still be captured of a payment must be within its amount.",
            ),
        ),
        AddConstraintQuickly(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("capture_target", None),
                    models.Q(
                        ("capture_target__gt", 0), ("capture_target__lte", models.F("amount"))
                    ),
                    _connector="OR",
                ),
                name="payment_capture_target_within_its_amount",
                violation_error_message="A capture must be within the amount of its payment.",
            ),
        ),
    ]
