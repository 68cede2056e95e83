"""The tables of the demo gateway, which simulate the database of a payment provider.

They are written outside the shop's transactions, as a provider's database would be.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.core.money import MAX_DIGITS

_STATUSES = ("processing", "requires_action", "authorised", "succeeded", "declined", "cancelled")


class DemoCharge(models.Model):
    """A charge. If it succeeded, ``captured`` was captured; None means the whole amount.

    ``capturable`` is what further captures can take.
    """

    key = models.UUIDField(unique=True)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    captured = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, null=True)
    capturable = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, db_default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=[(status, status) for status in _STATUSES])
    # No longer used. A later release drops the column, because workers of the previous release
    # still write it during an upgrade.
    refund_key = models.CharField(max_length=64, blank=True, default="")
    refunded = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")),
                name="democharge_refunds_at_most_the_charge",
                violation_error_message=_("The refunds of a charge cannot exceed its amount."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"


class DemoCapture(models.Model):
    """One of several captures of a charge. There is one for each idempotency key."""

    charge = models.ForeignKey(DemoCharge, on_delete=models.PROTECT, related_name="captures")
    key = models.CharField(max_length=64, unique=True)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.key}: {self.amount}"


class DemoRefund(models.Model):
    """A refund by the demo gateway. There is one for each idempotency key."""

    charge = models.ForeignKey(DemoCharge, on_delete=models.PROTECT, related_name="refunds")
    key = models.CharField(max_length=64, unique=True)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.key}: {self.amount}"
