"""Vouchers, which are codes for promotions, and their redemptions."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cart.promotions.models.promotions import NAME_LENGTH, Promotion
from cart.promotions.models.uses import Use
from shop.core.slugs import fold

CODE_LENGTH = 64
KEY_LENGTH = 128
"""Folding can make a text longer."""


def fold_code(code: str) -> str:
    """Return the key of a voucher code: trimmed, NFKC, case-folded."""
    return fold(code.strip())


class VoucherQuerySet(models.QuerySet["Voucher"]):
    """Selects vouchers."""

    def with_code(self, code: str) -> VoucherQuerySet:
        """Return the voucher with this code, in any spelling of upper and lower case."""
        return self.filter(code_key=fold_code(code))


class Voucher(models.Model):
    """A code for one promotion, with limits of its own.

    ``used`` counts the redemptions that were not released. Only ``cart.promotions.services`` writes
    it, by guarded updates.
    """

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="vouchers")
    code = models.CharField(
        max_length=CODE_LENGTH,
        validators=[
            RegexValidator(r"^\w[\w.-]{2,}$", "At least three letters, digits, - and _ only.")
        ],
        help_text="Upper and lower case are the same.",
    )
    code_key = models.CharField(
        max_length=KEY_LENGTH,
        unique=True,
        editable=False,
        error_messages={"unique": _("There is a voucher with this code already.")},
    )
    max_uses = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many orders can use it. Empty: no limit."
    )
    max_uses_per_customer = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many orders of one customer. Empty: no limit."
    )
    used = models.PositiveIntegerField(default=0, editable=False)
    is_active = models.BooleanField(default=True)
    batch = models.CharField(
        max_length=NAME_LENGTH,
        blank=True,
        default="",
        editable=False,
        help_text="The name under which many codes were made at once.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = VoucherQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used__gte=0),
                name="voucher_used_not_negative",
                violation_error_message=_("A voucher cannot be used less than zero times."),
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(used__lte=F("max_uses")),
                name="voucher_used_within_limit",
                violation_error_message=_(
                    "A voucher cannot be used more often than its limit, and the limit cannot be "
                    "lower than the number of its uses."
                ),
            ),
            models.CheckConstraint(
                condition=(Q(max_uses=None) | Q(max_uses__gte=1))
                & (Q(max_uses_per_customer=None) | Q(max_uses_per_customer__gte=1)),
                name="voucher_limits_positive",
                violation_error_message=_("A limit of a voucher must be 1 or more, or empty."),
            ),
            models.CheckConstraint(
                condition=~Q(code_key=""),
                name="voucher_code_not_empty",
                violation_error_message=_("A voucher must have a code."),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Set the key of the code."""
        self.code = self.code.strip()
        self.code_key = fold_code(self.code)
        super().save(*args, **kwargs)


class VoucherRedemption(Use):
    """The use of a voucher by an order. The voucher's row is its lock."""

    voucher = models.ForeignKey(
        Voucher, on_delete=models.PROTECT, related_name="redemptions", db_index=False
    )
    redeemed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_id", "voucher"],
                name="voucherredemption_once_per_order",
                violation_error_message=_("An order can use a voucher only once."),
            ),
        ]
        indexes = [
            # the limit of a voucher for each customer, in carts and orders
            models.Index(
                fields=["voucher", "user"],
                condition=Q(released_at=None),
                name="voucherredemption_of_user",
            ),
            models.Index(
                fields=["voucher", "email_key"],
                condition=Q(released_at=None),
                name="voucherredemption_of_email",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} in order {self.order_id}"
