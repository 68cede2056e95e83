"""Returns: what buyers want to send back, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.models.contents import OrderItem
from orders.models.orders import NOTE_LENGTH, Order
from shop.core.permissions import sees_all

if TYPE_CHECKING:
    from orders.access import OrderAccess

REASON_LENGTH = 200


class ReturnKind(models.TextChoices):
    """Why a buyer returns units."""

    RETURN = "return", _("Return")
    WITHDRAWAL = "withdrawal", _("Withdrawal")
    COMPLAINT = "complaint", _("Complaint")


class ReturnResolution(models.TextChoices):
    """What the buyer gets for the units."""

    REFUND = "refund", _("Refund")
    REPLACEMENT = "replacement", _("Replacement")
    NONE = "none", _("Nothing")


class ReturnStep(models.TextChoices):
    """How far a return is: the values of its ``status``."""

    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    RECEIVED = "received", _("Received")
    CLOSED = "closed", _("Closed")


OPEN_STEPS = (ReturnStep.REQUESTED, ReturnStep.APPROVED)
"""Statuses in which the units of a return are still expected."""


class ReturnQuerySet(models.QuerySet["Return"]):
    """Reads of returns. ``visible_to`` decides who may see one."""

    def visible_to(self, caller: OrderAccess | User | AnonymousUser) -> ReturnQuerySet:
        """Return the returns of the caller's own orders; all returns for permitted staff.

        Own orders of a guest are those of the tokens in the request (``orders.access``).
        """
        if isinstance(caller, AnonymousUser):
            return self.none()
        user = caller if isinstance(caller, User) else caller.user
        if user is not None and sees_all(user, "orders.return"):
            return self
        if isinstance(caller, User):
            return self.filter(order__user=caller.pk)
        return self.filter(caller.orders("order__"))

    def with_items(self) -> ReturnQuerySet:
        """Read the items of each return with it, by two statements more."""
        return self.prefetch_related("items__item")


def _actor(**options: str) -> models.ForeignKey[User | None, User | None]:
    """Return a column for a person who did something. Nothing is searched by it."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        **options,  # type: ignore[arg-type]
    )


class Return(models.Model):
    """A request to return units of an order. Only ``orders.services.returns`` writes it."""

    # No index for this column: the index ``return_by_order`` begins with it.
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="returns", db_index=False
    )
    kind = models.CharField(max_length=10, choices=ReturnKind.choices, default=ReturnKind.RETURN)
    resolution = models.CharField(
        max_length=11, choices=ReturnResolution.choices, default=ReturnResolution.REFUND
    )
    status = models.CharField(
        max_length=9, choices=ReturnStep.choices, default=ReturnStep.REQUESTED
    )
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    note = models.CharField(
        max_length=NOTE_LENGTH, blank=True, default="", help_text="Of the buyer."
    )
    answer = models.CharField(
        max_length=NOTE_LENGTH,
        blank=True,
        default="",
        help_text="What staff have answered, for the buyer.",
    )
    requested_by = _actor(help_text="Empty for a guest.")
    decided_by = _actor(help_text="The member of staff who approved or rejected it.")
    decided_at = models.DateTimeField(null=True)
    received_by = _actor(help_text="The member of staff who recorded that the units arrived.")
    received_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ReturnQuerySet.as_manager()

    class Meta:
        default_permissions = ("view", "add", "change")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ReturnKind.values),
                name="return_kind_known",
                violation_error_message=_("The kind of a return must be one of those known."),
            ),
            models.CheckConstraint(
                condition=Q(resolution__in=ReturnResolution.values),
                name="return_resolution_known",
                violation_error_message=_("The resolution of a return must be one of those known."),
            ),
            models.CheckConstraint(
                condition=Q(status=ReturnStep.REQUESTED, decided_at=None)
                | Q(status__in=ReturnStep.values[1:], decided_at__isnull=False),
                name="return_decided_after_it_was_requested",
                violation_error_message=_("A return is decided once it was approved or rejected."),
            ),
            models.CheckConstraint(
                condition=Q(received_at=None) | Q(status__in=ReturnStep.values[3:]),
                name="return_received_after_its_approval",
                violation_error_message=_("Only an approved return can be received."),
            ),
            models.CheckConstraint(
                condition=~Q(status=ReturnStep.RECEIVED) | Q(received_at__isnull=False),
                name="return_received_at_some_time",
                violation_error_message=_("A received return has the time of its receipt."),
            ),
            models.CheckConstraint(
                condition=Q(status=ReturnStep.CLOSED, closed_at__isnull=False)
                | (~Q(status=ReturnStep.CLOSED) & Q(closed_at=None)),
                name="return_closed_at_some_time",
                violation_error_message=_("A closed return has the time when it was closed."),
            ),
        ]
        indexes = [
            # GET /api/orders/{id}/returns/, newest first.
            models.Index(fields=["order", "-id"], name="return_by_order"),
            # GET /api/returns/?status=, for staff, newest first.
            models.Index(fields=["status", "-id"], name="return_by_status"),
        ]

    def __str__(self) -> str:
        words = gettext("Return {id} of order {number}")
        return words.format(id=self.pk, number=self.order.shown_number)


class ReturnItem(models.Model):
    """Units of an order item in a return, and how many of them arrived and went into stock."""

    # No index for this column: the unique index of return and item begins with it.
    order_return = models.ForeignKey(
        Return, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="returns")
    quantity = models.PositiveSmallIntegerField()
    quantity_received = models.PositiveSmallIntegerField(default=0)
    quantity_restocked = models.PositiveSmallIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["order_return", "item"],
                name="returnitem_one_for_each_item",
                violation_error_message=_("A return can contain each item only once."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="returnitem_of_at_least_one_unit",
                violation_error_message=_("At least one unit of an item is returned."),
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_received__lte=F("quantity"),
                    quantity_restocked__lte=F("quantity_received"),
                ),
                name="returnitem_restocked_of_the_received_ones",
                violation_error_message=_(
                    "No more units can arrive than were announced, and no more can go into stock "
                    "than have arrived."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item.name}"
