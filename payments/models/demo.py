"""The ledger of the demo gateway, which stands for a provider's own database.

Written outside the shop's transactions, so that it tells what a provider would have done.
"""

from django.db import models
from django.db.models import F, Q

from shop.core.money import MAX_DIGITS

_STATUSES = ("processing", "requires_action", "authorised", "succeeded", "declined", "cancelled")


class DemoCharge(models.Model):
    """A charge; of one that succeeded ``captured`` was taken, all of it unless that says less."""

    key = models.UUIDField(unique=True)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    captured = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=[(status, status) for status in _STATUSES])
    # Read by nothing any more: dropped a release later, so that old workers run until then.
    refund_key = models.CharField(max_length=64, blank=True, default="")
    refunded = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")),
                name="democharge_refunds_at_most_the_charge",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"


class DemoRefund(models.Model):
    """Money that the demo gateway gave back, once for each key."""

    charge = models.ForeignKey(DemoCharge, on_delete=models.PROTECT, related_name="refunds")
    key = models.CharField(max_length=64, unique=True)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.key}: {self.amount}"
