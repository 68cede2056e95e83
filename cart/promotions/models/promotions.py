"""Promotions: their rules, what they apply to, and their conditions."""

from __future__ import annotations

from typing import Any, Literal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.signals import m2m_changed
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from cart.promotions.models.uses import Use
from catalog.models import Category, Collection, Product
from shop.core.configuration import ConfigurationModel, ConfigurationQuerySet, bump
from shop.core.errors import InvalidField
from shop.core.money import MAX_DIGITS, is_payable
from shop.core.translations import Member, TranslationsField

NAME_LENGTH = 100


class PromotionKind(models.TextChoices):
    """What a promotion does. Extensions add kinds (``cart.extensions``)."""

    PERCENT = "percent", _("Percent off")
    FIXED_AMOUNT = "fixed_amount", _("Amount off")
    FIXED_PRICE = "fixed_price", _("Fixed price for each unit")
    BUY_X_GET_Y = "buy_x_get_y", _("Buy some, get the cheapest free")
    FREE_SHIPPING = "free_shipping", _("Free shipping")


class PromotionScope(models.TextChoices):
    """What a promotion applies to."""

    CART = "cart", _("The whole cart")
    SELECTION = "selection", _("Selected products and categories")


_AMOUNTS = (PromotionKind.FIXED_AMOUNT, PromotionKind.FIXED_PRICE)

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
    translations = TranslationsField(members={"name": Member(NAME_LENGTH)})
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
    collections = models.ManyToManyField(Collection, blank=True, related_name="+")
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
    max_uses = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many orders it applies to. Empty: no limit."
    )
    max_uses_per_customer = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many orders of one customer. Empty: no limit."
    )
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
            models.CheckConstraint(
                condition=(Q(max_uses=None) | Q(max_uses__gte=1))
                & (Q(max_uses_per_customer=None) | Q(max_uses_per_customer__gte=1)),
                name="promotion_limits_positive",
                violation_error_message=_("A limit of a promotion must be 1 or more, or empty."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def check_rules(self) -> None:
        """Raise InvalidField for an amount with more decimals than the currency has."""
        if self.kind in _AMOUNTS and self.value is not None and not is_payable(self.value):
            raise InvalidField(field="value", reason=_("The currency has no decimals."))


class PromotionUse(Use):
    """The use of a promotion with a limit by an order. The promotion's row is its lock."""

    # No index for this column: those of the limits begin with it.
    promotion = models.ForeignKey(
        Promotion, on_delete=models.PROTECT, related_name="uses", db_index=False
    )
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_id", "promotion"],
                name="promotionuse_once_per_order",
                violation_error_message=_("An order can use a promotion only once."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["promotion", "user"],
                condition=Q(released_at=None),
                name="promotionuse_of_user",
            ),
            models.Index(
                fields=["promotion", "email_key"],
                condition=Q(released_at=None),
                name="promotionuse_of_email",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id} in order {self.order_id}"


@receiver(m2m_changed, sender=Promotion.products.through)
@receiver(m2m_changed, sender=Promotion.categories.through)
@receiver(m2m_changed, sender=Promotion.collections.through)
def _bump_for_selection(action: Literal["post_add", "post_remove", "post_clear"], **_: Any) -> None:
    """Set a new revision when the selection of a promotion has changed."""
    if action.startswith("post_"):
        bump("promotions")
