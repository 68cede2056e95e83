"""Returns, and what was refunded and restocked of each item of an order."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0020_returned_units"),
        ("orders", "0018_validate_what_is_committed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Return",
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
                            ("return", "Return"),
                            ("withdrawal", "Withdrawal"),
                            ("complaint", "Complaint"),
                        ],
                        default="return",
                        max_length=10,
                    ),
                ),
                (
                    "resolution",
                    models.CharField(
                        choices=[
                            ("refund", "Refund"),
                            ("replacement", "Replacement"),
                            ("none", "Nothing"),
                        ],
                        default="refund",
                        max_length=11,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("received", "Received"),
                            ("closed", "Closed"),
                        ],
                        default="requested",
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                (
                    "note",
                    models.CharField(
                        blank=True, default="", help_text="Of the buyer.", max_length=2000
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="What staff have answered, for the buyer.",
                        max_length=2000,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "default_permissions": ("view", "add", "change"),
            },
        ),
        migrations.CreateModel(
            name="ReturnItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField()),
                ("quantity_received", models.PositiveSmallIntegerField(default=0)),
                ("quantity_restocked", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="orderitem",
            name="quantity_refunded",
            field=models.SmallIntegerField(
                db_default=0, help_text="Units whose price was refunded or is being refunded."
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="quantity_restocked",
            field=models.SmallIntegerField(
                db_default=0, help_text="Units that returned to stock, without the cancelled ones."
            ),
        ),
        AddConstraintQuickly(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("quantity_refunded"), "+", models.F("quantity_cancelled")
                        ),
                    ),
                    ("quantity_refunded__gte", 0),
                ),
                name="orderitem_refunds_at_most_what_was_ordered",
                violation_error_message="No more units can be refunded and cancelled than were ordered.",
            ),
        ),
        AddConstraintQuickly(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("quantity_fulfilled"),
                                    "-",
                                    models.F("quantity_returned"),
                                ),
                                "+",
                                models.F("quantity_restocked"),
                            ),
                            "+",
                            models.F("quantity_cancelled"),
                        ),
                    ),
                    ("quantity_restocked__gte", 0),
                ),
                name="orderitem_restocks_what_the_buyer_does_not_have",
                violation_error_message="Units cannot be shipped after they were returned to stock.",
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="decided_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="The member of staff who approved or rejected it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="received_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="The member of staff who recorded that the units arrived.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="requested_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="Empty for a guest.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="returnitem",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="orders.orderitem",
            ),
        ),
        migrations.AddField(
            model_name="returnitem",
            name="order_return",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="orders.return",
            ),
        ),
        migrations.AddIndex(
            model_name="return",
            index=models.Index(fields=["order", "-id"], name="return_by_order"),
        ),
        migrations.AddIndex(
            model_name="return",
            index=models.Index(fields=["status", "-id"], name="return_by_status"),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["return", "withdrawal", "complaint"])),
                name="return_kind_known",
                violation_error_message="The kind of a return must be one of those known.",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(("resolution__in", ["refund", "replacement", "none"])),
                name="return_resolution_known",
                violation_error_message="The resolution of a return must be one of those known.",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("status", "requested")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("status__in", ["approved", "rejected", "received", "closed"]),
                    ),
                    _connector="OR",
                ),
                name="return_decided_after_it_was_requested",
                violation_error_message="A return is decided once it was approved or rejected.",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("received_at", None), ("status__in", ["received", "closed"]), _connector="OR"
                ),
                name="return_received_after_its_approval",
                violation_error_message="Only an approved return can be received.",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "received"), _negated=True),
                    ("received_at__isnull", False),
                    _connector="OR",
                ),
                name="return_received_at_some_time",
                violation_error_message="A received return has the time of its receipt.",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", False), ("status", "closed")),
                    models.Q(models.Q(("status", "closed"), _negated=True), ("closed_at", None)),
                    _connector="OR",
                ),
                name="return_closed_at_some_time",
                violation_error_message="A closed return has the time when it was closed.",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnitem",
            constraint=models.UniqueConstraint(
                fields=("order_return", "item"),
                name="returnitem_one_for_each_item",
                violation_error_message="A return can contain each item only once.",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1)),
                name="returnitem_of_at_least_one_unit",
                violation_error_message="At least one unit of an item is returned.",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity_received__lte", models.F("quantity")),
                    ("quantity_restocked__lte", models.F("quantity_received")),
                ),
                name="returnitem_restocked_of_the_received_ones",
                violation_error_message="No more units can arrive than were announced, and no more can go into stock than have arrived.",
            ),
        ),
    ]
