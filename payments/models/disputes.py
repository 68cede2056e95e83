"""Disputes, and the warnings about fraud that a provider sends before them."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payments.models.payments import Payment
from shop.core.money import MAX_DIGITS
from shop.core.permissions import sees_all


class DisputeKind(models.TextChoices):
    """What was reported. An inquiry may become a dispute, which withdraws the money."""

    DISPUTE = "dispute", _("Dispute")
    INQUIRY = "inquiry", _("Inquiry")
    EARLY_FRAUD_WARNING = "early_fraud_warning", _("Early fraud warning")
    REVIEW = "review", _("Review")


class DisputeStatus(models.TextChoices):
    """The state of a dispute, or of a warning or review, which are never won or lost."""

    NEEDS_RESPONSE = "needs_response", _("Needs response")
    UNDER_REVIEW = "under_review", _("Under review")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    CLOSED = "closed", _("Closed")


OPEN_DISPUTES = (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW)
"""States of a dispute that is not decided."""


class DisputeQuerySet(models.QuerySet["Dispute"]):
    """Queries of disputes."""

    def visible_to(self, user: User | AnonymousUser) -> DisputeQuerySet:
        """Return all disputes for permitted staff, and none for anyone else."""
        return self if sees_all(user, "payments.dispute") else self.none()

    def disputing(self) -> DisputeQuerySet:
        """Return the disputes and inquiries that are not decided."""
        kinds = (DisputeKind.DISPUTE, DisputeKind.INQUIRY)
        return self.filter(kind__in=kinds, status__in=OPEN_DISPUTES)


class Dispute(models.Model):
    """A dispute, inquiry, early fraud warning or review of a payment, as its provider reports it.

    Amounts are in the payment's currency. Only ``payments.services`` writes the rows.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    kind = models.CharField(max_length=20, choices=DisputeKind.choices)
    reference = models.CharField(
        max_length=200, help_text="The payment provider's id of the dispute."
    )
    status = models.CharField(max_length=20, choices=DisputeStatus.choices)
    reason = models.CharField(
        max_length=40, blank=True, default="", help_text="The reason, as the provider names it."
    )
    amount = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        help_text="The disputed amount. Empty for warnings and reviews.",
    )
    amount_withdrawn = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        default=0,
        db_default=0,
        help_text="What the provider has withdrawn from the shop and not given back.",
    )
    due_by = models.DateTimeField(
        null=True, help_text="Until when the provider accepts the shop's evidence."
    )
    revision = models.PositiveIntegerField(
        default=1, help_text="How often the row was written. Parallel reports compare it."
    )
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "reference"],
                name="dispute_reference_once_a_payment",
                violation_error_message=_("This payment already has a dispute of this reference."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=DisputeKind.values),
                name="dispute_kind_known",
                violation_error_message=_("This is not a kind of dispute."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=DisputeStatus.values),
                name="dispute_status_known",
                violation_error_message=_("This is not a status of a dispute."),
            ),
            models.CheckConstraint(
                condition=Q(amount_withdrawn=0)
                | Q(amount_withdrawn__gt=0, amount_withdrawn__lte=F("amount")),
                name="dispute_withdrawn_at_most_its_amount",
                violation_error_message=_(
                    "The withdrawn amount must be between zero and the disputed amount."
                ),
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_DISPUTES, closed_at__isnull=True)
                | (~Q(status__in=OPEN_DISPUTES) & Q(closed_at__isnull=False)),
                name="dispute_closed_if_decided",
                violation_error_message=_("A dispute that is decided has a time of its end."),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "due_by"], name="dispute_by_status"),
        ]

    def __str__(self) -> str:
        words = gettext("{kind} about order {number}")
        number = self.payment.order.shown_number
        return words.format(kind=self.get_kind_display(), number=number)
