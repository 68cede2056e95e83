"""Withdrawals from a contract that consumers declared, with or without an account."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.models.orders import EMAIL_LENGTH, LANGUAGE_LENGTH, NOTE_LENGTH, Order
from orders.models.returns import Return
from shop.core.address_lengths import LENGTHS

NUMBER_LENGTH = 40
MAX_ITEMS = 100


class WithdrawalStatus(models.TextChoices):
    """Whether staff have handled a withdrawal."""

    NEW = "new", _("New")
    HANDLED = "handled", _("Handled")


class Withdrawal(models.Model):
    """What somebody declared, as it was sent, and when.

    ``order`` is the order that has the number and the e-mail address, if there is one. Staff look
    for the others. Only ``orders.services.withdrawals`` writes it.
    """

    # An index for this column: it has no other.
    order = models.ForeignKey(
        Order, null=True, on_delete=models.PROTECT, related_name="withdrawals"
    )
    order_number = models.CharField(max_length=NUMBER_LENGTH, help_text="As it was entered.")
    email = models.CharField(max_length=EMAIL_LENGTH)
    name = models.CharField(max_length=LENGTHS["name"])
    items = models.JSONField(
        default=list, blank=True, help_text="The items, as entered; empty for the whole order."
    )
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, default="")
    language = models.CharField(max_length=LANGUAGE_LENGTH, help_text="That of the request.")
    status = models.CharField(
        max_length=10,
        choices=WithdrawalStatus.choices,
        default=WithdrawalStatus.NEW,
        db_default=WithdrawalStatus.NEW.value,
    )
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    accepted_return = models.ForeignKey(
        Return,
        null=True,
        on_delete=models.PROTECT,
        related_name="withdrawals",
        db_index=False,
        help_text="The return as which staff have accepted it.",
    )
    created_at = models.DateTimeField(
        "received", db_default=Now(), editable=False, help_text="The time of the declaration."
    )

    class Meta:
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(
                condition=Q(status=WithdrawalStatus.NEW, handled_at=None, handled_by=None)
                | Q(status=WithdrawalStatus.HANDLED, handled_at__isnull=False),
                name="withdrawal_new_or_handled",
                violation_error_message=_("A withdrawal is new, or was handled at some time."),
            ),
        ]
        indexes = [
            # The filter by status in the admin, newest first.
            models.Index(fields=["status", "-id"], name="withdrawal_by_status"),
        ]

    def __str__(self) -> str:
        words = gettext("Withdrawal {id} of order {number}")
        return words.format(id=self.pk, number=self.order_number)
