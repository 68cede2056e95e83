"""Promotions, the vouchers that are their codes, and the redemptions of vouchers."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.signals import m2m_changed
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product
from shop.core.configuration import ConfigurationModel, ConfigurationQuerySet, bump
from shop.core.money import MAX_DIGITS
from shop.core.slugs import fold

NAME_LENGTH = 100
CODE_LENGTH = 64
KEY_LENGTH = 128
"""Folding can make a text longer."""
EMAIL_KEY_LENGTH = 512


class PromotionKind(models.TextChoices):
    """What a promotion does. Extensions add kinds (``cart.extensions``)."""

    PERCENT = "percent", "Percent off"
    FIXED_AMOUNT = "fixed_amount", "Amount off"
    FIXED_PRICE = "fixed_price", "Fixed price for each unit"
    BUY_X_GET_Y = "buy_x_get_y", "Buy some, get the cheapest free"
    FREE_SHIPPING = "free_shipping", "Free shipping"


class PromotionScope(models.TextChoices):
    """What a promotion applies to."""

    CART = "cart", "The whole cart"
    SELECTION = "selection", "Selected products and categories"


# A comparison with NULL is unknown, which a check accepts: so each rule also says what is not null.
_HAS_VALUE = Q(value__isnull=False, buy_quantity=None, free_quantity=None)
_COMPLETE = (
    (_HAS_VALUE & Q(kind=PromotionKind.PERCENT, value__gt=0, value__lte=100))
    | (_HAS_VALUE & Q(kind=PromotionKind.FIXED_AMOUNT, value__gt=0))
    | (_HAS_VALUE & Q(kind=PromotionKind.FIXED_PRICE, value__gte=0))
    | Q(
        kind=PromotionKind.BUY_X_GET_Y,
        value=None,
        buy_quantity__isnull=False,
        buy_quantity__gte=1,
        free_quantity__isnull=False,
        free_quantity__gte=1,
    )
    | Q(kind=PromotionKind.FREE_SHIPPING, value=None, buy_quantity=None, free_quantity=None)
    | ~Q(kind__in=PromotionKind.values)
)


class Promotion(ConfigurationModel):
    """A discount: a rule, what it applies to, and its conditions.

    A promotion that needs a code applies to carts with one of its vouchers. Amounts are in the
    shop's currency. A date means the whole day in the time zone of the shop.
    """

    part = "promotions"

    name = models.CharField(max_length=NAME_LENGTH, help_text="Shown to buyers, such as Summer.")
    kind = models.CharField(max_length=20)
    value = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="A percentage, or an amount in the shop's currency.",
    )
    buy_quantity = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Units that a buyer pays for. Only for free units."
    )
    free_quantity = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Units that are free for each of these; always the cheapest.",
    )
    scope = models.CharField(
        max_length=10, choices=PromotionScope.choices, default=PromotionScope.CART
    )
    products = models.ManyToManyField(
        Product, blank=True, related_name="+", help_text="Including their variants."
    )
    categories = models.ManyToManyField(
        Category, blank=True, related_name="+", help_text="Including their subcategories."
    )
    minimum_total = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Of what it applies to, after sales and earlier promotions.",
    )
    minimum_quantity = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Units of what it applies to."
    )
    first_order_only = models.BooleanField(
        default=False, help_text="Only for buyers who have not ordered before."
    )
    needs_code = models.BooleanField(
        default=False, help_text="It applies only to carts with one of its vouchers."
    )
    starts_on = models.DateField(null=True, blank=True, help_text="The first day.")
    ends_on = models.DateField(null=True, blank=True, help_text="The last day.")
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Promotions are applied by position, then in the order of creation."
    )
    is_active = models.BooleanField(default=True)

    objects = ConfigurationQuerySet["Promotion"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=""),
                name="promotion_has_a_kind",
                violation_error_message=_("A promotion must have a kind."),
            ),
            models.CheckConstraint(
                condition=Q(scope__in=PromotionScope.values),
                name="promotion_scope_known",
                violation_error_message=_("A promotion must apply to the cart or to a selection."),
            ),
            models.CheckConstraint(
                condition=_COMPLETE,
                name="promotion_rule_complete",
                violation_error_message=_(
                    "A percentage must be more than 0 and at most 100, an amount more than 0, free "
                    "units need both quantities, and nothing else has them."
                ),
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on=None) | Q(ends_on__gte=F("starts_on")),
                name="promotion_ends_after_it_starts",
                violation_error_message=_("A promotion must not end before it starts."),
            ),
            models.CheckConstraint(
                condition=(Q(minimum_total=None) | Q(minimum_total__gt=0))
                & (Q(minimum_quantity=None) | Q(minimum_quantity__gt=0)),
                name="promotion_minimums_positive",
                violation_error_message=_("A minimum must be greater than zero."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@receiver(m2m_changed, sender=Promotion.products.through)
@receiver(m2m_changed, sender=Promotion.categories.through)
def _bump_for_selection(action: Literal["post_add", "post_remove", "post_clear"], **_: Any) -> None:
    """Set a new revision when products or categories of a promotion have changed."""
    if action.startswith("post_"):
        bump("promotions")


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


class VoucherRedemption(models.Model):
    """The use of a voucher by an order. It counts until it is released.

    An order is known by its id only, because orders are a higher layer. The customer is known by
    the account and by the key of the e-mail address (``accounts.addresses.fold_address``).
    """

    # No index: the unique one begins with this column.
    order_id = models.BigIntegerField()
    voucher = models.ForeignKey(
        Voucher, on_delete=models.PROTECT, related_name="redemptions", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    email_key = models.CharField(max_length=EMAIL_KEY_LENGTH)
    redeemed_at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True)

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
