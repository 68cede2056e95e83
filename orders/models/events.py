"""The timeline of an order."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order
from orders.states import OrderStatus


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
        help_text="Who did it; empty for a guest and for the shop itself.",
    )
    by_guest = models.BooleanField(
        default=False, db_default=False, help_text="Whether the guest who placed the order did it."
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
        return str(self.get_status_display())
