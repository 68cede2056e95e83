"""Orders: copies of what was bought, with their timelines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now, Round
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cart.models import MAX_QUANTITY, Cart
from catalog.limits import PRODUCT_NAME_LENGTH
from catalog.models import Product
from orders.states import OrderStatus
from shop.core.metadata import HasMetadata
from shop.core.money import MAX_DIGITS
from shop.core.permissions import sees_all
from shop.engine import columns_of, instance_of, select


class OrderQuerySet(models.QuerySet["Order"]):
    """Reads of orders. ``visible_to`` decides who may see an order."""

    def visible_to(self, user: User | AnonymousUser) -> OrderQuerySet:
        """Return the user's own orders; all orders for staff with the permission to view them."""
        return self if sees_all(user, "orders.order") else self.filter(user=user.pk)

    def with_details(self) -> OrderQuerySet:
        """Fetch items and events too, in two more statements."""
        events = OrderEvent.objects.select_related("actor").order_by("pk")
        return self.prefetch_related(
            models.Prefetch("items", OrderItem.objects.order_by("pk")),
            models.Prefetch("events", events),
        )

    def with_database_time(self) -> OrderQuerySet:
        """Set ``database_time`` of each order to the time of the database when it is read."""
        # As a keyword of annotate(), mypy would report the attribute as defined twice.
        annotations = {"database_time": Now()}
        return self.annotate(**annotations)


_Manager = models.Manager.from_queryset(OrderQuerySet)


class OrderManager(_Manager["Order"]):
    """Reads and locks orders. A lock needs a transaction and lasts until it ends."""

    def lock(self, pk: int, *, user_id: int | None = None) -> Order:
        """Lock an order and return it with ``database_time``.

        Raises DoesNotExist, also for an order that does not belong to ``user_id`` if that is given.
        """
        if user_id is None:
            order = order_for_update.row(pk=pk)
        else:
            order = order_for_update.row(pk=pk, user_id=user_id)
        if order is None:
            raise Order.DoesNotExist
        return order

    def lock_with_next_statement(self, pk: int) -> None:
        """Lock an order before the next statement is executed, which saves a round trip."""
        order_for_update.lock_with_next_statement(pk=pk)


class Order(HasMetadata):
    """What a user has bought. Amounts are in ``currency``.

    Only ``orders.services`` writes the status and the amounts.
    """

    # No index for this column: the index ``order_by_user`` begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    cart = models.OneToOneField(Cart, on_delete=models.PROTECT, related_name="order")
    status = models.CharField(
        max_length=10, choices=OrderStatus.choices, default=OrderStatus.PENDING
    )
    total = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    amount_paid = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, default=0)
    amount_refunded = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=2, default=0, db_default=0
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    paid_at = models.DateTimeField(null=True)
    restocked_at = models.DateTimeField(null=True, help_text="When refunded goods came back.")
    created_at = models.DateTimeField(db_default=Now())

    database_time: datetime
    """The time of the database. Only ``lock`` and ``with_database_time`` set it."""

    objects = OrderManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values),
                name="order_status_known",
                violation_error_message=_(
                    "The status of an order must be one of the known statuses."
                ),
            ),
            models.CheckConstraint(
                condition=Q(total__gte=0),
                name="order_total_not_negative",
                violation_error_message=_("The total of an order cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(amount_paid__gte=0, amount_paid__lte=F("total")),
                name="order_not_overpaid",
                violation_error_message=_(
                    "The amount paid must be from zero to the order's total."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.PAID) | Q(amount_paid=F("total")),
                name="order_paid_in_full",
                violation_error_message=_("The total of a paid order must be paid in full."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[OrderStatus.PENDING, OrderStatus.CANCELLED])
                | Q(amount_paid=0),
                name="order_without_money_when_open_or_cancelled",
                violation_error_message=_("A pending or cancelled order cannot hold a payment."),
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__gte=0, amount_refunded__lte=F("amount_paid")),
                name="order_refunded_at_most_what_was_paid",
                violation_error_message=_(
                    "The amount refunded must be from zero to the amount paid."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.REFUNDED) | Q(amount_refunded=F("amount_paid")),
                name="order_refunded_in_full",
                violation_error_message=_("A refunded order must be refunded in full."),
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.CANCELLED) | Q(restocked_at=None),
                name="order_cancelled_is_restocked_by_that_alone",
                violation_error_message=_(
                    "A cancelled order cannot have a restock date: "
                    "its units returned to stock when it was cancelled."
                ),
            ),
        ]
        indexes = [
            # GET /api/orders/, newest first.
            models.Index(fields=["user", "-id"], name="order_by_user"),
            # GET /api/orders/?created_after=, for staff.
            models.Index(fields=["created_at"], name="order_by_time"),
            # manage.py expire_orders.
            models.Index(
                fields=["created_at"],
                condition=Q(status=OrderStatus.PENDING),
                name="order_pending_by_age",
            ),
            # The limits of orders.limits. Most orders are paid, so the index stays small.
            models.Index(fields=["user"], condition=Q(paid_at=None), name="order_unpaid_by_user"),
            # The filter by status in the admin, newest first.
            models.Index(fields=["status", "-id"], name="order_by_status"),
        ]

    def __str__(self) -> str:
        return f"Order {self.pk}"


def _order_with_database_time(*columns: Any) -> Order:
    *order_columns, database_time = columns
    order = instance_of(Order, order_columns)
    order.database_time = database_time
    return order


@select(_order_with_database_time)
def order_for_update(*, pk: int, user_id: int | None = None) -> QuerySet[Order, Any]:
    """An order, locked until the transaction ends; only the user's own if ``user_id`` is given."""
    orders = Order.objects.filter(pk=pk)
    if user_id is not None:
        orders = orders.filter(user_id=user_id)
    return orders.select_for_update(no_key=True).values_list(*columns_of(Order), Now())


class OrderItem(models.Model):
    """A product of an order: a copy, which later changes of the catalog do not affect.

    ``unit_price`` and ``line_total`` are in the order's currency.
    """

    # No index for this column: the unique index of order and product begins with it.
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="items", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=PRODUCT_NAME_LENGTH)
    unit_price = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    quantity = models.PositiveSmallIntegerField()
    line_total = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "product"],
                name="orderitem_one_line_per_product",
                violation_error_message=_("An order can contain each product only once."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="orderitem_quantity_1_to_999",
                violation_error_message=_(
                    "The quantity of an order item must be between 1 and 999."
                ),
            ),
            # Rounded, since SQLite multiplies decimals as floats: there 0.1 * 3 is not 0.3.
            models.CheckConstraint(
                condition=Q(line_total=Round(F("unit_price") * F("quantity"), precision=2)),
                name="orderitem_line_total_adds_up",
                violation_error_message=_(
                    "The line total of an order item must be its unit price times its quantity."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class OrderEvent(models.Model):
    """An entry of an order's timeline.

    Written in the transaction of the change it describes, and never changed or deleted afterwards.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    status = models.CharField(
        max_length=10, choices=OrderStatus.choices, help_text="The order's status from then on."
    )
    note = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who did it; empty for the shop itself.",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values),
                name="orderevent_status_known",
                violation_error_message=_(
                    "The status of an event must be one of the known statuses."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Order {self.order_id} {self.status}"
