"""Orders and how they are read and locked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext

from accounts.models import User
from cart.models import Cart
from orders.models.rules import CONSTRAINTS
from orders.numbers import show_number
from orders.states import FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus
from shop.core.metadata import HasMetadata
from shop.core.money import MAX_DIGITS
from shop.core.permissions import sees_all
from shop.engine import columns_of, instance_of, select

if TYPE_CHECKING:
    from orders.access import OrderAccess


def amount_column(**options: Any) -> models.DecimalField[Any, Any]:
    """Return a column for an amount in the order's currency."""
    return models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, **options)


class OrderQuerySet(models.QuerySet["Order"]):
    """Reads of orders. ``visible_to`` decides who may see an order."""

    def visible_to(self, caller: OrderAccess | User | AnonymousUser) -> OrderQuerySet:
        """Return the caller's own orders; all orders for staff with the permission to view them.

        Own orders of a guest are those of the tokens in the request (``orders.access``).
        """
        if isinstance(caller, AnonymousUser):
            return self.none()
        user = caller if isinstance(caller, User) else caller.user
        if user is not None and sees_all(user, "orders.order"):
            return self
        return self.filter(Q(user=caller.pk) if isinstance(caller, User) else caller.orders())

    def with_database_time(self) -> OrderQuerySet:
        """Set ``database_time`` of each order to the time of the database when it is read."""
        # As a keyword of annotate(), mypy would report the attribute as defined twice.
        annotations = {"database_time": Now()}
        return self.annotate(**annotations)


_Manager = models.Manager.from_queryset(OrderQuerySet)


class OrderManager(_Manager["Order"]):
    """Reads and locks orders. A lock needs a transaction and lasts until it ends."""

    def lock(self, pk: int, **owner: int) -> Order:
        """Lock an order and return it with ``database_time``.

        ``owner`` is nothing, ``user_id`` or ``cart_id``. Raises DoesNotExist, also for an order
        that does not belong to that user or cart.
        """
        order = order_for_update.row(pk=pk, **owner)
        if order is None:
            raise Order.DoesNotExist
        return order

    def lock_with_next_statement(self, pk: int) -> None:
        """Lock an order before the next statement is executed, which saves a round trip."""
        order_for_update.lock_with_next_statement(pk=pk)


EMAIL_LENGTH = 254
PHONE_LENGTH = 32
NOTE_LENGTH = 2000
LANGUAGE_LENGTH = 10
STATUS_LENGTH = 20
EMAIL_KEY_LENGTH = 512
"""Folding can make an address longer."""


class Order(HasMetadata):
    """What a buyer has bought. Amounts are in ``currency``, to its smallest unit.

    A guest's order has no user, but always an e-mail address. Only ``orders.services`` writes the
    statuses and the amounts (``orders.states`` says how they depend on each other). Statuses other
    than ``status`` are null until this release has written them: show those of ``orders.shown``.

    An order that an earlier release placed has no ``number``, and null
    instead of the amounts from which its total is computed.
    """

    # No index for this column: the index ``order_by_user`` begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="orders",
        db_index=False,
    )
    cart = models.OneToOneField(Cart, on_delete=models.PROTECT, related_name="order")
    number = models.CharField(
        max_length=8,
        null=True,
        editable=False,
        help_text="Without the prefix that the shop puts before it (``orders.numbers``).",
    )
    status = models.CharField(
        max_length=10, choices=OrderStatus.choices, default=OrderStatus.PENDING
    )
    payment_status = models.CharField(
        max_length=STATUS_LENGTH, null=True, choices=OrderPaymentStatus.choices
    )
    fulfilment_status = models.CharField(
        max_length=STATUS_LENGTH, null=True, choices=FulfilmentStatus.choices
    )
    return_status = models.CharField(
        max_length=STATUS_LENGTH, null=True, choices=ReturnStatus.choices
    )
    has_open_dispute = models.BooleanField(
        db_default=False, help_text="The buyer disputes a payment at the bank."
    )
    shipping_held = models.BooleanField(
        db_default=False, help_text="The order must not be shipped until a person has looked at it."
    )
    email = models.CharField(max_length=EMAIL_LENGTH, blank=True, default="", db_default="")
    email_key = models.CharField(
        max_length=EMAIL_KEY_LENGTH,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The same for all spellings of the address.",
    )
    phone = models.CharField(
        max_length=PHONE_LENGTH, blank=True, default="", db_default="", help_text="E.164."
    )
    language = models.CharField(
        max_length=LANGUAGE_LENGTH, blank=True, default="", db_default="", help_text="Its code."
    )
    note = models.CharField(
        max_length=NOTE_LENGTH, blank=True, default="", db_default="", help_text="Of the buyer."
    )
    consents = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What the buyer agreed to, by name."
    )
    subtotal = amount_column(null=True, help_text="The sum of the line totals.")
    discount_total = amount_column(null=True, help_text="The sum of the discounts on items.")
    shipping_total = amount_column(null=True)
    fee_total = amount_column(null=True, help_text="The fee of the payment method.")
    tax_total = amount_column(null=True)
    total = amount_column()
    prices_include_tax = models.BooleanField(
        null=True, help_text="Whether the tax is in the total already."
    )
    tax_rounding = models.CharField(
        max_length=4, null=True, help_text="rate or item: whether tax was rounded for each."
    )
    shipping_method = models.JSONField(
        null=True, blank=True, help_text="Code, name, type and days, as the buyer chose it."
    )
    amount_cancelled = amount_column(
        db_default=0, help_text="What cancelled items cost. The total does not change."
    )
    amount_committed = amount_column(
        db_default=0, help_text="The sum of the payments that are in progress or brought money."
    )
    amount_paid = amount_column(default=0, help_text="All that was captured.")
    amount_refunded = amount_column(
        default=0, db_default=0, help_text="What of the amount paid went back."
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    pay_before = models.DateTimeField(
        null=True, help_text="The end of the payment window that was shown to the buyer."
    )
    has_own_window = models.BooleanField(
        db_default=False,
        help_text="Whether ``pay_before`` alone ends the payment window, as for a draft.",
    )
    paid_at = models.DateTimeField(null=True)
    restocked_at = models.DateTimeField(null=True, help_text="When refunded goods came back.")
    links_valid_from = models.DateTimeField(
        null=True, help_text="Links in e-mails that were made before are not valid any more."
    )
    created_at = models.DateTimeField(db_default=Now())

    database_time: datetime
    """The time of the database. Only ``lock`` and ``with_database_time`` set it."""

    objects = OrderManager()

    class Meta:
        constraints = CONSTRAINTS
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
            # Limits of guests, first orders, and orders that join the account of an address.
            models.Index(
                fields=["email_key"], condition=~Q(email_key=""), name="order_by_email_key"
            ),
            # The filter by status in the admin, newest first.
            models.Index(fields=["status", "-id"], name="order_by_status"),
        ]

    @property
    def total_due(self) -> Decimal:
        """The total without the cancelled items, in the order's currency."""
        due: Decimal = self.total - self.amount_cancelled
        return due

    @property
    def shown_number(self) -> str:
        """The number as the buyer sees it."""
        return show_number(self.number, order_id=self.pk)

    def __str__(self) -> str:
        return gettext("Order {number}").format(number=self.shown_number)


def order_with_database_time(*columns: Any) -> Order:
    """Return an order from the values of ``columns_of(Order)`` and of ``Now()``."""
    *order_columns, database_time = columns
    order = instance_of(Order, order_columns)
    order.database_time = database_time
    return order


@select(order_with_database_time)
def order_for_update(
    *, pk: int, user_id: int | None = None, cart_id: int | None = None
) -> QuerySet[Order, Any]:
    """An order, locked until the transaction ends; only of the user or cart that is given."""
    orders = Order.objects.filter(pk=pk)
    if user_id is not None:
        orders = orders.filter(user_id=user_id)
    if cart_id is not None:
        orders = orders.filter(cart_id=cart_id)
    return orders.select_for_update(no_key=True).values_list(*columns_of(Order), Now())
