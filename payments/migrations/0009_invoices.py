"""Invoices, credit notes, and the counters of their numbers."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_orders_by_email"),
        ("payments", "0008_payments_by_status"),
    ]

    operations = [
        migrations.CreateModel(
            name="DocumentCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("series", models.CharField(max_length=10)),
                ("year", models.PositiveSmallIntegerField()),
                ("last_number", models.PositiveIntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("series", "year"),
                        name="documentcounter_one_for_each_series_and_year",
                        violation_error_message="This series has a counter for this year already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
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
                        choices=[("invoice", "Invoice"), ("credit_note", "Credit note")],
                        max_length=11,
                    ),
                ),
                ("series", models.CharField(max_length=10)),
                (
                    "year",
                    models.PositiveSmallIntegerField(
                        help_text="Of the issue, in the shop's time zone."
                    ),
                ),
                (
                    "sequence",
                    models.PositiveIntegerField(help_text="The number within series and year."),
                ),
                (
                    "number",
                    models.CharField(help_text="As people write it.", max_length=30, unique=True),
                ),
                ("currency", models.CharField(help_text="ISO 4217.", max_length=3)),
                ("net", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("tax", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "content",
                    models.JSONField(help_text="All that the document says (docs/invoices.md)."),
                ),
                ("issued_on", models.DateField(help_text="The day in the shop's time zone.")),
                ("issued_at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="orders.order",
                    ),
                ),
                (
                    "refers_to",
                    models.ForeignKey(
                        help_text="The invoice that a credit note corrects, or the credit note that an invoice takes back.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="payments.invoice",
                    ),
                ),
                (
                    "refund",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_note",
                        to="payments.refund",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["issued_on", "id"], name="invoice_by_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("series", "year", "sequence"),
                        name="invoice_number_once_in_its_series",
                        violation_error_message="Another invoice has this number.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "invoice"), ("refers_to", None)),
                        fields=("order",),
                        name="invoice_one_for_each_order",
                        violation_error_message="This order has an invoice already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "invoice")),
                        fields=("refers_to",),
                        name="invoice_takes_a_credit_note_back_once",
                        violation_error_message="This credit note was taken back already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["invoice", "credit_note"])),
                        name="invoice_kind_known",
                        violation_error_message="A document is an invoice or a credit note.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "credit_note"), ("refers_to__isnull", False)),
                            models.Q(("kind", "invoice"), ("refund", None)),
                            _connector="OR",
                        ),
                        name="invoice_corrected_by_credit_notes_that_name_it",
                        violation_error_message="A credit note must name its invoice, and an invoice has no refund.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sequence__gte", 1)),
                        name="invoice_numbers_begin_with_one",
                        violation_error_message="The first number of a series is 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("total__gte", 0),
                            models.Q(
                                models.Q(("net__isnull", True), ("tax__isnull", True)),
                                models.Q(("net__gte", 0), ("tax__gte", 0)),
                                _connector="OR",
                            ),
                        ),
                        name="invoice_amounts_not_negative",
                        violation_error_message="The amounts of an invoice cannot be negative.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("net", None),
                            (
                                "total",
                                django.db.models.functions.math.Round(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("net"), "+", models.F("tax")
                                    ),
                                    precision=2,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="invoice_total_adds_up",
                        violation_error_message="The total of an invoice must be its net and its tax.",
                    ),
                ],
            },
        ),
    ]
