"""Disputes, processing payments, and refunds that fail after they had succeeded."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_orders_by_email"),
        ("payments", "0014_several_live_payments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("dispute", "Dispute"),
                            ("inquiry", "Inquiry"),
                            ("early_fraud_warning", "Early fraud warning"),
                            ("review", "Review"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        help_text="The payment provider's id of the dispute.", max_length=200
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("needs_response", "Needs response"),
                            ("under_review", "Under review"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("closed", "Closed"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="The reason, as the provider names it.",
                        max_length=40,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="The disputed amount. Empty for warnings and reviews.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "amount_withdrawn",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=2,
                        default=0,
                        help_text="What the provider has withdrawn from the shop and not given back.",
                        max_digits=12,
                    ),
                ),
                (
                    "due_by",
                    models.DateTimeField(
                        help_text="Until when the provider accepts the shop's evidence.", null=True
                    ),
                ),
                (
                    "revision",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="How often the row was written. Parallel reports compare it.",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("closed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="reverses",
            field=models.ForeignKey(
                db_index=False,
                help_text="The entry of the refund that failed after it had succeeded.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversals",
                to="payments.ledgerentry",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="capture_before",
            field=models.DateTimeField(
                help_text="When the authorisation ends, as the payment provider says.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("authorised", "Authorised"),
                    ("captured", "Captured"),
                    ("refunded", "Refunded"),
                    ("refund_failed", "Refund failed"),
                    ("dispute_withdrawn", "Dispute withdrawn"),
                    ("dispute_reinstated", "Dispute reinstated"),
                    ("failed", "Failed"),
                    ("voided", "Voided"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("requires_action", "Requires action"),
                    ("processing", "Processing"),
                    ("authorised", "Authorised"),
                    ("succeeded", "Succeeded"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                    ("refund_pending", "Refund pending"),
                    ("refunded", "Refunded"),
                ],
                default="pending",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disputes",
                to="payments.payment",
            ),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="dispute",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="payments.dispute",
            ),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["status", "due_by"], name="dispute_by_status"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                fields=("payment", "reference"),
                name="dispute_reference_once_a_payment",
                violation_error_message="This payment already has a dispute of this reference.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["dispute", "inquiry", "early_fraud_warning", "review"])
                ),
                name="dispute_kind_known",
                violation_error_message="This is not a kind of dispute.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["needs_response", "under_review", "won", "lost", "closed"])
                ),
                name="dispute_status_known",
                violation_error_message="This is not a status of a dispute.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_withdrawn", 0),
                    models.Q(
                        ("amount_withdrawn__gt", 0), ("amount_withdrawn__lte", models.F("amount"))
                    ),
                    _connector="OR",
                ),
                name="dispute_withdrawn_at_most_its_amount",
                violation_error_message="The withdrawn amount must be between zero and the disputed amount.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", True),
                        ("status__in", ("needs_response", "under_review")),
                    ),
                    models.Q(
                        models.Q(("status__in", ("needs_response", "under_review")), _negated=True),
                        ("closed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="dispute_closed_if_decided",
                violation_error_message="A dispute that is decided has a time of its end.",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledgerentry_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="payment",
            name="payment_status_known",
        ),
        AddConstraintQuickly(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "pending",
                            "requires_action",
                            "processing",
                            "authorised",
                            "succeeded",
                            "failed",
                            "cancelled",
                            "refund_pending",
                            "refunded",
                        ],
                    )
                ),
                name="payment_status_is_known",
                violation_error_message="This is not a status of a payment.",
            ),
        ),
        AddConstraintQuickly(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "authorised",
                            "captured",
                            "refunded",
                            "refund_failed",
                            "dispute_withdrawn",
                            "dispute_reinstated",
                            "failed",
                            "voided",
                        ],
                    )
                ),
                name="ledgerentry_kind_is_known",
                violation_error_message="This is not a kind of ledger entry.",
            ),
        ),
        AddConstraintQuickly(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "refund_failed"), ("reverses__isnull", False)),
                    models.Q(
                        models.Q(("kind", "refund_failed"), _negated=True),
                        ("reverses__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="ledgerentry_failed_refund_names_what_it_reverses",
                violation_error_message="A ledger entry of the kind Refund failed must refer to the entry that it reverses, and other entries must not.",
            ),
        ),
        AddConstraintQuickly(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("dispute__isnull", False),
                        ("kind__in", ("dispute_withdrawn", "dispute_reinstated")),
                    ),
                    models.Q(
                        models.Q(
                            ("kind__in", ("dispute_withdrawn", "dispute_reinstated")), _negated=True
                        ),
                        ("dispute__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="ledgerentry_of_a_dispute_names_it",
                violation_error_message="A ledger entry about a dispute must refer to it, and other entries must not.",
            ),
        ),
    ]
