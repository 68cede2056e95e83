"""Payments: one live payment an order; and the demo gateway's own ledger."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from orders.models import Order
from shop.core.money import MAX_DIGITS


class PaymentStatus(models.TextChoices):
    """Where a payment stands."""

    PENDING = "pending", "Pending"
    REQUIRES_ACTION = "requires_action", "Requires action"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    REFUND_PENDING = "refund_pending", "Refund pending"
    REFUNDED = "refunded", "Refunded"


OPEN = (PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION)
"""Nobody knows yet how it ends."""

LIVE = (*OPEN, PaymentStatus.SUCCEEDED)
"""An order has at most one of these."""


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Reads of payments."""

    def visible_to(self, user: User | AnonymousUser) -> PaymentQuerySet:
        """Those of one's own orders; everyone's for staff."""
        return self if user.is_staff else self.filter(order__user=user.pk)

    def open(self) -> PaymentQuerySet:
        """Those whose end nobody knows yet."""
        return self.filter(status__in=OPEN)


class Payment(models.Model):
    """One attempt to pay an order. ``status`` is written by ``payments.services`` alone."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=30)
    status = models.CharField(
        max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.PENDING
    )
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    provider_key = models.UUIDField(
        unique=True, default=uuid4, help_text="The gateway's idempotency key: one a row, for ever."
    )
    provider_reference = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=LIVE), name="payment_one_live_per_order"
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payment_status_known"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
        ]
        indexes = [
            # manage.py settle_payments
            models.Index(
                fields=["id"],
                condition=Q(status__in=[*OPEN, PaymentStatus.REFUND_PENDING]),
                name="payment_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"Payment {self.pk}"


class DemoCharge(models.Model):
    """A row in the ledger of the demo gateway, which stands for a provider's own database.

    Written outside the shop's transactions, so that it tells what a provider would have done.
    """

    key = models.UUIDField(unique=True)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    currency = models.CharField(max_length=3)
    status = models.CharField(
        max_length=20,
        choices=[
            (status, status)
            for status in ("processing", "requires_action", "succeeded", "declined", "cancelled")
        ],
    )
    refund_key = models.CharField(max_length=64, blank=True, default="")
    refunded = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=models.F("amount")),
                name="democharge_refunds_at_most_the_charge",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
