"""Give each constraint a message for people. AlterConstraint changes no table."""

import django.db.models.expressions
import django.db.models.functions.math
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_metadata")]

    # PostgreSQL and SQLite keep neither help texts nor messages.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterConstraint(
                    model_name="order",
                    name="order_status_known",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "pending",
                                    "confirmed",
                                    "paid",
                                    "shipped",
                                    "delivered",
                                    "cancelled",
                                    "refunded",
                                ],
                            )
                        ),
                        name="order_status_known",
                        violation_error_message="The status of an order must be one of the known statuses.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="order",
                    name="order_total_not_negative",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("total__gte", 0)),
                        name="order_total_not_negative",
                        violation_error_message="The total of an order cannot be negative.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="order",
                    name="order_not_overpaid",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("amount_paid__gte", 0), ("amount_paid__lte", models.F("total"))
                        ),
                        name="order_not_overpaid",
                        violation_error_message="The amount paid must be from zero to the order's total.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="order",
                    name="order_paid_in_full",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "paid"), _negated=True),
                            ("amount_paid", models.F("total")),
                            _connector="OR",
                        ),
                        name="order_paid_in_full",
                        violation_error_message="The total of a paid order must be paid in full.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="order",
                    name="order_without_money_when_open_or_cancelled",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["pending", "cancelled"]), _negated=True),
                            ("amount_paid", 0),
                            _connector="OR",
                        ),
                        name="order_without_money_when_open_or_cancelled",
                        violation_error_message="A pending or cancelled order cannot hold a payment.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="order",
                    name="order_refunded_at_most_what_was_paid",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("amount_refunded__gte", 0),
                            ("amount_refunded__lte", models.F("amount_paid")),
                        ),
                        name="order_refunded_at_most_what_was_paid",
                        violation_error_message="The amount refunded must be from zero to the amount paid.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="order",
                    name="order_refunded_in_full",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "refunded"), _negated=True),
                            ("amount_refunded", models.F("amount_paid")),
                            _connector="OR",
                        ),
                        name="order_refunded_in_full",
                        violation_error_message="A refunded order must be refunded in full.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="order",
                    name="order_cancelled_is_restocked_by_that_alone",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "cancelled"), _negated=True),
                            ("restocked_at", None),
                            _connector="OR",
                        ),
                        name="order_cancelled_is_restocked_by_that_alone",
                        violation_error_message="A cancelled order cannot have a restock date: its units returned to stock when it was cancelled.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="orderevent",
                    name="orderevent_status_known",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "pending",
                                    "confirmed",
                                    "paid",
                                    "shipped",
                                    "delivered",
                                    "cancelled",
                                    "refunded",
                                ],
                            )
                        ),
                        name="orderevent_status_known",
                        violation_error_message="The status of an event must be one of the known statuses.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="orderitem",
                    name="orderitem_one_line_per_product",
                    constraint=models.UniqueConstraint(
                        fields=("order", "product"),
                        name="orderitem_one_line_per_product",
                        violation_error_message="An order can contain each product only once.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="orderitem",
                    name="orderitem_quantity_1_to_999",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 1), ("quantity__lte", 999)),
                        name="orderitem_quantity_1_to_999",
                        violation_error_message="The quantity of an order item must be between 1 and 999.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="orderitem",
                    name="orderitem_line_total_adds_up",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "line_total",
                                django.db.models.functions.math.Round(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("unit_price"), "*", models.F("quantity")
                                    ),
                                    precision=2,
                                ),
                            )
                        ),
                        name="orderitem_line_total_adds_up",
                        violation_error_message="The line total of an order item must be its unit price times its quantity.",
                    ),
                ),
            ],
        ),
    ]
