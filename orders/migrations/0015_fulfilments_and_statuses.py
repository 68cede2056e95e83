"""Store fulfilments and the statuses of orders, which the previous release leaves null."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.math
from django.conf import settings
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [
        ("cart", "0012_confirmed_vat_numbers"),
        ("catalog", "0019_index_tax_class"),
        ("orders", "0014_notes_and_withdrawals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Fulfilment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="shipped",
                        max_length=10,
                    ),
                ),
                ("carrier", models.CharField(blank=True, default="", max_length=100)),
                ("tracking_number", models.CharField(blank=True, default="", max_length=100)),
                ("tracking_url", models.CharField(blank=True, default="", max_length=500)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("delivered_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FulfilmentItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="order",
            name="order_paid_in_full",
        ),
        migrations.RemoveConstraint(
            model_name="order",
            name="order_without_money_when_open_or_cancelled",
        ),
        migrations.AddField(
            model_name="order",
            name="amount_cancelled",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                help_text="What cancelled items cost. The total does not change.",
                max_digits=12,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="amount_committed",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                help_text="The sum of the payments that are in progress or brought money.",
                max_digits=12,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="fulfilment_status",
            field=models.CharField(
                choices=[
                    ("unfulfilled", "Unfulfilled"),
                    ("partly_fulfilled", "Partly fulfilled"),
                    ("fulfilled", "Fulfilled"),
                    ("delivered", "Delivered"),
                ],
                max_length=20,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="has_open_dispute",
            field=models.BooleanField(
                db_default=False, help_text="The buyer disputes a payment at the bank."
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="payment_status",
            field=models.CharField(
                choices=[
                    ("unpaid", "Unpaid"),
                    ("processing", "Processing"),
                    ("authorised", "Authorised"),
                    ("partly_paid", "Partly paid"),
                    ("paid", "Paid"),
                    ("overpaid", "Overpaid"),
                    ("partly_refunded", "Partly refunded"),
                    ("refunded", "Refunded"),
                    ("voided", "Voided"),
                ],
                max_length=20,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="return_status",
            field=models.CharField(
                choices=[
                    ("requested", "Return requested"),
                    ("partly_returned", "Partly returned"),
                    ("returned", "Returned"),
                ],
                max_length=20,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="shipping_held",
            field=models.BooleanField(
                db_default=False,
                help_text="The order must not be shipped until a person has looked at it.",
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="amount_refunded",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                default=0,
                help_text="What was refunded for the item.",
                max_digits=12,
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="quantity_cancelled",
            field=models.SmallIntegerField(
                db_default=0,
                default=0,
                help_text="Units that were cancelled before they were shipped.",
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="quantity_fulfilled",
            field=models.SmallIntegerField(
                db_default=0, default=0, help_text="Units in fulfilments that were not cancelled."
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="quantity_returned",
            field=models.SmallIntegerField(
                db_default=0, default=0, help_text="Units that were shipped and came back."
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="amount_paid",
            field=models.DecimalField(
                decimal_places=2, default=0, help_text="All that was captured.", max_digits=12
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="amount_refunded",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                default=0,
                help_text="What of the amount paid went back.",
                max_digits=12,
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "paid"), _negated=True),
                    (
                        "amount_paid__gte",
                        django.db.models.functions.math.Round(
                            django.db.models.expressions.CombinedExpression(
                                models.F("total"), "-", models.F("amount_cancelled")
                            ),
                            precision=2,
                        ),
                    ),
                    _connector="OR",
                ),
                name="order_paid_without_what_was_cancelled",
                violation_error_message="The total of a paid order, without what was cancelled, must be paid in full.",
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "cancelled"), _negated=True),
                    ("amount_paid", models.F("amount_refunded")),
                    _connector="OR",
                ),
                name="order_without_money_when_cancelled",
                violation_error_message="A cancelled order cannot hold a payment.",
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "cancelled"), _negated=True),
                    ("fulfilment_status", None),
                    ("fulfilment_status", "unfulfilled"),
                    _connector="OR",
                ),
                name="order_cancelled_before_it_was_shipped",
                violation_error_message="An order cannot be cancelled once a part was shipped.",
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_cancelled__gte", 0), ("amount_cancelled__lte", models.F("total"))
                ),
                name="order_cancelled_at_most_its_total",
                violation_error_message="The amount cancelled must be from zero to the order's total.",
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_committed__gte", 0), ("amount_committed__lte", models.F("total"))
                ),
                name="order_committed_at_most_its_total",
                violation_error_message="The payments of an order cannot exceed the order's total.",
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("payment_status", None),
                        (
                            "payment_status__in",
                            [
                                "unpaid",
                                "processing",
                                "authorised",
                                "partly_paid",
                                "paid",
                                "overpaid",
                                "partly_refunded",
                                "refunded",
                                "voided",
                            ],
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("fulfilment_status", None),
                        (
                            "fulfilment_status__in",
                            ["unfulfilled", "partly_fulfilled", "fulfilled", "delivered"],
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("return_status", None),
                        ("return_status__in", ["requested", "partly_returned", "returned"]),
                        _connector="OR",
                    ),
                ),
                name="order_statuses_known",
                violation_error_message="The status of an order must be one of the known statuses.",
            ),
        ),
        AddConstraintQuickly(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("quantity_cancelled"), "+", models.F("quantity_fulfilled")
                        ),
                    ),
                    ("quantity_cancelled__gte", 0),
                    ("quantity_fulfilled__gte", 0),
                ),
                name="orderitem_ships_at_most_what_was_ordered",
                violation_error_message="No more units can be shipped and cancelled than were ordered.",
            ),
        ),
        AddConstraintQuickly(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity_returned__gte", 0),
                    ("quantity_returned__lte", models.F("quantity_fulfilled")),
                ),
                name="orderitem_returns_at_most_what_was_shipped",
                violation_error_message="No more units can be returned than were shipped.",
            ),
        ),
        AddConstraintQuickly(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_refunded__gte", 0)),
                name="orderitem_refunded_not_negative",
                violation_error_message="The amount refunded for an item cannot be negative.",
            ),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fulfilments",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="fulfilmentitem",
            name="fulfilment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="orders.fulfilment",
            ),
        ),
        migrations.AddField(
            model_name="fulfilmentitem",
            name="order_item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.orderitem"
            ),
        ),
        migrations.AddIndex(
            model_name="fulfilment",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["created_at"],
                name="fulfilment_pending",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfilment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["pending", "shipped", "delivered", "cancelled"])
                ),
                name="fulfilment_status_known",
                violation_error_message="This is not a status of a fulfilment.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfilment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delivered_at__isnull", False), ("status", "delivered")),
                    models.Q(
                        models.Q(("status", "delivered"), _negated=True), ("delivered_at", None)
                    ),
                    _connector="OR",
                ),
                name="fulfilment_delivered_at_a_time",
                violation_error_message="A delivered fulfilment has the time of its delivery.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfilment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cancelled_at__isnull", False), ("status", "cancelled")),
                    models.Q(
                        models.Q(("status", "cancelled"), _negated=True), ("cancelled_at", None)
                    ),
                    _connector="OR",
                ),
                name="fulfilment_cancelled_at_a_time",
                violation_error_message="A cancelled fulfilment has the time of that.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfilmentitem",
            constraint=models.UniqueConstraint(
                fields=("fulfilment", "order_item"),
                name="fulfilmentitem_once_per_fulfilment",
                violation_error_message="A fulfilment can contain each item only once.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfilmentitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1)),
                name="fulfilmentitem_quantity_at_least_1",
                violation_error_message="The quantity must be at least 1.",
            ),
        ),
    ]
