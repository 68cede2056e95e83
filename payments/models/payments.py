"""Payments. The live payments of an order never exceed what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Round
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.access import OrderAccess
from orders.models import Order
from orders.payments import ActionType
from payments.failures import FAILURE_CODE_LENGTH, FailureCode
from payments.states import CAPTURED, ENDED, OPEN, UNDECIDED, PaymentStatus
from shop.core.money import MAX_DIGITS, show
from shop.core.permissions import has_staff_permission, sees_all
from shop.core.tracing import MAX_ID

if TYPE_CHECKING:
    from payments.gateways import Action

URL_LENGTH = 2000


def sees_all_payments(user: User | AnonymousUser) -> bool:
    """Return whether the user sees every payment with its refunds, as staff who refund must."""
    return sees_all(user, "payments.payment") or has_staff_permission(user, "payments.add_refund")


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Queries of payments."""

    def visible_to(self, caller: OrderAccess | User | AnonymousUser) -> PaymentQuerySet:
        """Return the payments of the caller's own orders; all payments for permitted staff.

        Own orders of a guest are those of the tokens in the request (``orders.access``).
        """
        if isinstance(caller, AnonymousUser):
            return self.none()
        user = caller if isinstance(caller, User) else caller.user
        if user is not None and sees_all_payments(user):
            return self
        if isinstance(caller, User):
            return self.filter(order__user=caller.pk)
        return self.filter(caller.orders("order__"))

    def open(self) -> PaymentQuerySet:
        """Return the payments whose outcome is not known yet."""
        return self.filter(status__in=OPEN)


class Payment(models.Model):
    """One attempt to pay an order or a part of it.

    Only ``payments.services`` writes status and amounts.

    All amounts are in ``currency``, with two decimal places.
    """

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
        help_text="The sum of succeeded and pending refunds.",
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217 code.")
    captures_later = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The payment is authorised first and captured when the order is shipped.",
    )
    is_late = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The money arrived when the order could no longer be paid. It is refunded and "
        "does not count towards the order.",
    )
    is_partial = models.BooleanField(
        db_default=False, help_text="Other payments of the order may be live at the same time."
    )
    failure_code = models.CharField(
        max_length=FAILURE_CODE_LENGTH,
        choices=FailureCode.choices,
        blank=True,
        db_default="",
        help_text="Why the payment failed, if that is known.",
    )
    return_url = models.CharField(
        max_length=URL_LENGTH,
        blank=True,
        db_default="",
        help_text="The page of the storefront to which the provider sends the buyer back.",
    )
    action_type = models.CharField(
        max_length=10,
        choices=ActionType.choices,
        blank=True,
        db_default="",
        help_text="What the buyer had to do when the provider was asked last.",
    )
    provider_key = models.UUIDField(
        unique=True,
        default=uuid4,
        help_text="The idempotency key of this payment at the payment provider. It never changes.",
    )
    provider_reference = models.CharField(max_length=200, blank=True, default="")
    amount_capturable = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        db_default=0,
        help_text="What can still be captured after the first capture, by gateways with several.",
    )
    capture_target = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        help_text="What will have been captured in all after the capture in progress.",
    )
    capture_before = models.DateTimeField(
        null=True,
        help_text="When the authorisation ends, as the payment provider says.",
    )
    request_id = models.CharField(
        max_length=MAX_ID, null=True, help_text="The id of the request that began the payment."
    )
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    objects = PaymentQuerySet.as_manager()

    action: Action | None = None
    """What the buyer has to do, as the provider says. It is not a column, and is never stored."""

    client_secret = ""
    """The provider's secret for the buyer's form. It is not a column, and is never stored."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                # Every status but those of ENDED is live, also one that is added later.
                condition=~Q(status__in=ENDED) & Q(is_partial=False),
                name="payment_one_live_of_the_whole_order",
                violation_error_message=_(
                    "This order already has a payment that is in progress or has succeeded."
                ),
            ),
            models.CheckConstraint(
                condition=Q(failure_code__in=["", *FailureCode.values]),
                name="payment_failure_code_known",
                violation_error_message=_("This is not a reason why payments fail."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values),
                name="payment_status_is_known",
                violation_error_message=_("This is not a status of a payment."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="payment_amount_not_negative",
                violation_error_message=_("The amount of a payment cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(amount_captured__gte=0, amount_captured__lte=F("amount")),
                name="payment_captured_at_most_its_amount",
                violation_error_message=_(
                    "The captured amount must be between zero and the amount of the payment."
                ),
            ),
            # Rounded, since SQLite adds decimals as floats.
            models.CheckConstraint(
                condition=Q(amount_capturable=0)
                | Q(
                    amount_capturable__gt=0,
                    amount_capturable__lte=Round(F("amount") - F("amount_captured"), precision=2),
                    status__in=CAPTURED,
                ),
                name="payment_capturable_within_its_amount",
                violation_error_message=_(
                    "What can still be captured of a payment must be within its amount."
                ),
            ),
            models.CheckConstraint(
                condition=Q(capture_target=None)
                | Q(capture_target__gt=0, capture_target__lte=F("amount")),
                name="payment_capture_target_within_its_amount",
                violation_error_message=_("A capture must be within the amount of its payment."),
            ),
            models.CheckConstraint(
                condition=Q(amount_captured=0) | Q(status__in=CAPTURED),
                name="payment_without_money_until_captured",
                violation_error_message=_(
                    "A payment with this status cannot have a captured amount."
                ),
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__gte=0, amount_refunded__lte=F("amount_captured")),
                name="payment_refunded_at_most_what_was_captured",
                violation_error_message=_(
                    "The refunded amount must be between zero and the captured amount."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(status=PaymentStatus.REFUNDED)
                | Q(amount_refunded=F("amount_captured")),
                name="payment_refunded_in_full",
                violation_error_message=_(
                    "A refunded payment must have its whole captured amount refunded."
                ),
            ),
        ]
        indexes = [
            # For ``manage.py settle_payments``.
            models.Index(
                fields=["id"],
                condition=Q(status__in=[*UNDECIDED, PaymentStatus.REFUND_PENDING]),
                name="payment_unsettled",
            ),
            # The same, for what can still be captured after a first capture.
            models.Index(
                fields=["id"], condition=Q(amount_capturable__gt=0), name="payment_capturable"
            ),
            # GET /api/payments/?status=, for staff.
            models.Index(fields=["status", "-id"], name="payment_by_status"),
            # For webhooks, which name a payment by the provider's reference.
            models.Index(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="payment_by_reference",
            ),
        ]

    def __str__(self) -> str:
        words = gettext("Payment {amount} of order {number}")
        amount = f"{show(self.amount)} {self.currency}"
        return words.format(amount=amount, number=self.order.shown_number)
