"""The ledger: what was done with money, append-only; and refunds, which may take their time."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from payments.models.payments import Payment
from payments.states import RefundStatus
from shop.core.money import MAX_DIGITS


class RefundQuerySet(models.QuerySet["Refund"]):
    """Reads of refunds."""

    def visible_to(self, user: User | AnonymousUser) -> RefundQuerySet:
        """Those of the user's own orders; all for staff."""
        return self if user.is_staff else self.filter(payment__order__user=user.pk)

    def pending(self) -> RefundQuerySet:
        """Those whose outcome is not known yet, oldest first, with payment and actor."""
        pending = self.filter(status=RefundStatus.PENDING)
        return pending.select_related("payment", "actor").order_by("pk")


class Refund(models.Model):
    """Money on its way back. ``status`` is written by ``payments.services`` alone."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    status = models.CharField(
        max_length=10, choices=RefundStatus.choices, default=RefundStatus.PENDING
    )
    reason = models.CharField(max_length=200, blank=True, default="")
    restock = models.BooleanField(default=False, help_text="The order's goods come back.")
    by_hand = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Handed back past the provider, which is not asked: cash, a bank transfer.",
    )
    provider_key = models.UUIDField(
        unique=True, default=uuid4, help_text="The gateway's idempotency key: one a row, for ever."
    )
    provider_reference = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who gave it back; empty for the shop itself.",
    )
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=RefundStatus.values), name="refund_status_known"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_gives_something_back"),
        ]
        indexes = [
            # manage.py settle_payments
            models.Index(
                fields=["id"], condition=Q(status=RefundStatus.PENDING), name="refund_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"Refund {self.pk}"


class EntryKind(models.TextChoices):
    """What was done with a payment's money."""

    AUTHORISED = "authorised", "Authorised"
    CAPTURED = "captured", "Captured"
    REFUNDED = "refunded", "Refunded"
    FAILED = "failed", "Failed"
    VOIDED = "voided", "Voided"


class LedgerEntry(models.Model):
    """One movement of money, written in the transaction that learned of it; append-only.

    What payments and orders show is recomputed from these by ``manage.py audit``.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="entry")
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    reference = models.CharField(
        max_length=200, blank=True, default="", help_text="The provider's name for it."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who did it; empty for the shop itself and its customers.",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "ledger"
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=~Q(kind=EntryKind.REFUNDED),
                name="ledgerentry_each_kind_once_a_payment",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=EntryKind.values), name="ledgerentry_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.REFUNDED, refund__isnull=False)
                | (~Q(kind=EntryKind.REFUNDED) & Q(refund__isnull=True)),
                name="ledgerentry_refunded_names_its_refund",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="ledgerentry_amount_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"Payment {self.payment_id} {self.kind}"
