"""Refunds, and the append-only ledger of all movements of money."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.models import Return
from payments.failures import FAILURE_CODE_LENGTH, FailureCode
from payments.models.disputes import Dispute
from payments.models.payments import Payment, sees_all_payments
from payments.states import RefundStatus
from shop.core.money import MAX_DIGITS, show


class RefundQuerySet(models.QuerySet["Refund"]):
    """Queries of refunds."""

    def visible_to(self, user: User | AnonymousUser) -> RefundQuerySet:
        """Return the refunds of the user's own orders; those of all payments that staff see."""
        if sees_all_payments(user):
            return self
        return self.filter(payment__order__user=user.pk)

    def pending(self) -> RefundQuerySet:
        """Return the refunds whose outcome is not known yet, with payment and actor, by id."""
        pending = self.filter(status=RefundStatus.PENDING)
        return pending.select_related("payment", "actor").order_by("pk")


class Refund(models.Model):
    """A full or partial refund of a payment. Only ``payments.services`` writes ``status``.

    ``amount`` is in the payment's currency.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    status = models.CharField(
        max_length=10, choices=RefundStatus.choices, default=RefundStatus.PENDING
    )
    reason = models.CharField(max_length=200, blank=True, default="")
    restock = models.BooleanField(
        default=False,
        help_text="The items of the refund return to stock when it succeeds; without items, all "
        "items of the order.",
    )
    shipping = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        db_default=0,
        help_text="What of the amount is for the shipping, with its tax.",
    )
    shipping_tax = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, db_default=0)
    of_cancellation = models.BooleanField(
        db_default=False, help_text="Its items were cancelled before they were shipped."
    )
    order_return = models.ForeignKey(
        Return, null=True, on_delete=models.PROTECT, related_name="refunds", db_index=False
    )
    first = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The first refund of the same request, which several payments have to pay.",
    )
    by_hand = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Staff returned the money in cash or by bank transfer. The payment provider is "
        "not called.",
    )
    failure_code = models.CharField(
        max_length=FAILURE_CODE_LENGTH,
        choices=FailureCode.choices,
        blank=True,
        db_default="",
        help_text="Why the refund failed, if that is known.",
    )
    provider_key = models.UUIDField(
        unique=True,
        default=uuid4,
        help_text="The idempotency key of this refund at the payment provider. It never changes.",
    )
    provider_reference = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The member of staff who made the refund. Empty if the shop made it.",
    )
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=RefundStatus.values),
                name="refund_status_known",
                violation_error_message=_("This is not a status of a refund."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="refund_gives_something_back",
                violation_error_message=_("The amount of a refund must be greater than zero."),
            ),
            models.CheckConstraint(
                condition=Q(
                    shipping__gte=0,
                    shipping__lte=F("amount"),
                    shipping_tax__gte=0,
                    shipping_tax__lte=F("shipping"),
                ),
                name="refund_of_shipping_within_its_amount",
                violation_error_message=_(
                    "The shipping in a refund must be from zero to its amount."
                ),
            ),
            models.CheckConstraint(
                condition=Q(failure_code__in=["", *FailureCode.values]),
                name="refund_failure_code_known",
                violation_error_message=_("This is not a reason why refunds fail."),
            ),
        ]
        indexes = [
            # For ``manage.py settle_payments``.
            models.Index(
                fields=["id"], condition=Q(status=RefundStatus.PENDING), name="refund_unfinished"
            ),
        ]

    def __str__(self) -> str:
        words = gettext("Refund {amount} of order {number}")
        amount = f"{show(self.amount)} {self.payment.currency}"
        return words.format(amount=amount, number=self.payment.order.shown_number)


class EntryKind(models.TextChoices):
    """The kinds of ledger entries."""

    AUTHORISED = "authorised", "Authorised"
    CAPTURED = "captured", "Captured"
    REFUNDED = "refunded", "Refunded"
    REFUND_FAILED = "refund_failed", "Refund failed"
    DISPUTE_WITHDRAWN = "dispute_withdrawn", "Dispute withdrawn"
    DISPUTE_REINSTATED = "dispute_reinstated", "Dispute reinstated"
    FAILED = "failed", "Failed"
    VOIDED = "voided", "Voided"


ONCE_A_PAYMENT = (EntryKind.AUTHORISED, EntryKind.CAPTURED, EntryKind.FAILED, EntryKind.VOIDED)
"""Kinds that a payment has at most one entry of, or of captures one for each ``number``."""

OF_DISPUTES = (EntryKind.DISPUTE_WITHDRAWN, EntryKind.DISPUTE_REINSTATED)
"""Kinds of entries that refer to a dispute."""


class LedgerEntry(models.Model):
    """One movement of a payment's money, in the payment's currency. Entries never change.

    An entry is inserted by the transaction that stores the outcome. ``manage.py audit`` recomputes
    the amounts and statuses of payments and orders from the entries.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="entry")
    dispute = models.ForeignKey(
        Dispute, null=True, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    reverses = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="reversals",
        db_index=False,
        help_text="The entry of the refund that failed after it had succeeded.",
    )
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    number = models.SmallIntegerField(
        db_default=1, help_text="Which capture of the payment it is. 1 for other entries."
    )
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    reference = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text="The payment provider's id of the charge or refund.",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The member of staff who did it. Empty for buyers and for the shop itself.",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "ledger"
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "kind", "number"],
                condition=Q(kind__in=ONCE_A_PAYMENT),
                name="ledgerentry_each_outcome_and_capture_once",
                violation_error_message=_("This payment already has a ledger entry of this kind."),
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=Q(reverses__isnull=False),
                name="ledgerentry_reversed_once",
                violation_error_message=_("This ledger entry was reversed before."),
            ),
            models.CheckConstraint(
                condition=Q(number=1) | Q(kind=EntryKind.CAPTURED, number__gt=1),
                name="ledgerentry_only_captures_are_numbered",
                violation_error_message=_("Only captures of a payment are numbered."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=EntryKind.values),
                name="ledgerentry_kind_is_known",
                violation_error_message=_("This is not a kind of ledger entry."),
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.REFUNDED, refund__isnull=False)
                | (~Q(kind=EntryKind.REFUNDED) & Q(refund__isnull=True)),
                name="ledgerentry_refunded_names_its_refund",
                violation_error_message=_(
                    "A ledger entry of the kind Refunded must refer to a "
                    "refund, and other entries must not."
                ),
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.REFUND_FAILED, reverses__isnull=False)
                | (~Q(kind=EntryKind.REFUND_FAILED) & Q(reverses__isnull=True)),
                name="ledgerentry_failed_refund_names_what_it_reverses",
                violation_error_message=_(
                    "A ledger entry of the kind Refund failed must refer to the entry that it "
                    "reverses, and other entries must not."
                ),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=OF_DISPUTES, dispute__isnull=False)
                | (~Q(kind__in=OF_DISPUTES) & Q(dispute__isnull=True)),
                name="ledgerentry_of_a_dispute_names_it",
                violation_error_message=_(
                    "A ledger entry about a dispute must refer to it, and other entries must not."
                ),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="ledgerentry_amount_not_negative",
                violation_error_message=_("The amount of a ledger entry cannot be negative."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["dispute"],
                condition=Q(dispute__isnull=False),
                name="ledgerentry_of_dispute",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {show(self.amount)}"
