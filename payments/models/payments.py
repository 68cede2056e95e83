"""Payments: one live payment an order."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from orders.models import Order
from payments.states import CAPTURED, LIVE, OPEN, UNDECIDED, PaymentStatus
from shop.core.money import MAX_DIGITS


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Reads of payments."""

    def visible_to(self, user: User | AnonymousUser) -> PaymentQuerySet:
        """Those of the user's own orders; all for staff."""
        return self if user.is_staff else self.filter(order__user=user.pk)

    def open(self) -> PaymentQuerySet:
        """Those whose outcome is not known yet."""
        return self.filter(status__in=OPEN)


class Payment(models.Model):
    """One attempt to pay an order; status and amounts are written by ``payments.services``."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=30)
    status = models.CharField(
        max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.PENDING
    )
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    amount_captured = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=2, default=0, db_default=0
    )
    amount_refunded = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        default=0,
        db_default=0,
        help_text="Of refunds that are done or under way.",
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    captures_later = models.BooleanField(
        default=False, db_default=False, help_text="Authorised first, captured when shipped."
    )
    is_late = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its money came when the order took none: it goes back, unseen by the order.",
    )
    provider_key = models.UUIDField(
        unique=True, default=uuid4, help_text="The gateway's idempotency key: one a row, for ever."
    )
    provider_reference = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    objects = PaymentQuerySet.as_manager()

    client_secret = ""
    """For whoever began the payment, from the gateway's answer; no column, and never kept."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=LIVE), name="payment_one_live_per_order"
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payment_status_known"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(amount_captured__gte=0, amount_captured__lte=F("amount")),
                name="payment_captured_at_most_its_amount",
            ),
            models.CheckConstraint(
                condition=Q(amount_captured=0) | Q(status__in=CAPTURED),
                name="payment_without_money_until_captured",
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__gte=0, amount_refunded__lte=F("amount_captured")),
                name="payment_refunded_at_most_what_was_captured",
            ),
            models.CheckConstraint(
                condition=~Q(status=PaymentStatus.REFUNDED)
                | Q(amount_refunded=F("amount_captured")),
                name="payment_refunded_in_full",
            ),
        ]
        indexes = [
            # manage.py settle_payments
            models.Index(
                fields=["id"],
                condition=Q(status__in=[*UNDECIDED, PaymentStatus.REFUND_PENDING]),
                name="payment_unfinished",
            ),
            # a provider's event, by the name that the provider gave
            models.Index(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="payment_by_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"Payment {self.pk}"
