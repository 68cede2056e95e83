"""Fulfilments: which units of an order were shipped, with which carrier, and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.models.contents import OrderItem
from orders.models.orders import Order

CARRIER_LENGTH = 100
TRACKING_NUMBER_LENGTH = 100
TRACKING_URL_LENGTH = 500


class FulfilmentState(models.TextChoices):
    """The status of a fulfilment. A pending one has its units, and waits for the payment."""

    PENDING = "pending", _("Pending")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    CANCELLED = "cancelled", _("Cancelled")


class Fulfilment(models.Model):
    """Units of an order that are shipped together.

    A pending one is written before the authorised payment is captured. It is shipped afterwards, or
    deleted if the payment cannot be captured. Only ``orders.services`` writes it. ``actor`` is who
    recorded it, and null for what the previous release had shipped.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fulfilments")
    status = models.CharField(
        max_length=10, choices=FulfilmentState.choices, default=FulfilmentState.SHIPPED
    )
    carrier = models.CharField(max_length=CARRIER_LENGTH, blank=True, default="")
    tracking_number = models.CharField(max_length=TRACKING_NUMBER_LENGTH, blank=True, default="")
    tracking_url = models.CharField(max_length=TRACKING_URL_LENGTH, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=FulfilmentState.values),
                name="fulfilment_status_known",
                violation_error_message=_("This is not a status of a fulfilment."),
            ),
            models.CheckConstraint(
                condition=Q(status=FulfilmentState.DELIVERED, delivered_at__isnull=False)
                | (~Q(status=FulfilmentState.DELIVERED) & Q(delivered_at=None)),
                name="fulfilment_delivered_at_a_time",
                violation_error_message=_("A delivered fulfilment has the time of its delivery."),
            ),
            models.CheckConstraint(
                condition=Q(status=FulfilmentState.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=FulfilmentState.CANCELLED) & Q(cancelled_at=None)),
                name="fulfilment_cancelled_at_a_time",
                violation_error_message=_("A cancelled fulfilment has the time of that."),
            ),
        ]
        indexes = [
            # manage.py settle_payments, which finishes interrupted fulfilments.
            models.Index(
                fields=["created_at"],
                condition=Q(status=FulfilmentState.PENDING),
                name="fulfilment_pending",
            ),
        ]

    def __str__(self) -> str:
        words = gettext("Fulfilment {id} of order {number}")
        return words.format(id=self.pk, number=self.order.shown_number)


class FulfilmentItem(models.Model):
    """How many units of an order item are in a fulfilment."""

    # No index for this column: the unique index of fulfilment and item begins with it.
    fulfilment = models.ForeignKey(
        Fulfilment, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    order_item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fulfilment", "order_item"],
                name="fulfilmentitem_once_per_fulfilment",
                violation_error_message=_("A fulfilment can contain each item only once."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="fulfilmentitem_quantity_at_least_1",
                violation_error_message=_("The quantity must be at least 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_item.name}"
