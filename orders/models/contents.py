"""What an order consists of: items, addresses, adjustments and taxes. All of them are copies."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from cart.models import MAX_QUANTITY
from catalog.limits import PRODUCT_NAME_LENGTH, SKU_LENGTH
from catalog.models import Product
from orders.models.orders import Order, amount_column
from shop.core.address_lengths import address_column
from shop.core.postal_addresses import LENGTHS, PostalAddress

ADJUSTMENT_NAME_LENGTH = 255


def percentage(**options: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for a rate of tax in percent."""
    return models.DecimalField(max_digits=6, decimal_places=3, **options)


class OrderItem(models.Model):
    """A product of an order: a copy, which later changes of the catalog do not affect.

    Amounts are in the order's currency. The columns that are null in old orders are not known.
    """

    # No index for this column: the unique index of order and product begins with it.
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="items", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=PRODUCT_NAME_LENGTH)
    sku = models.CharField(max_length=SKU_LENGTH, blank=True, default="", db_default="")
    options = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="A variant's option values, by name."
    )
    image = models.JSONField(null=True, blank=True, help_text="The image, as it was then.")
    unit_price = amount_column()
    regular_unit_price = amount_column(null=True, help_text="The price without a reduction.")
    quantity = models.PositiveSmallIntegerField()
    line_total = amount_column()
    discount = amount_column(null=True, help_text="The item's share of all discounts.")
    tax_rate = percentage(null=True)
    tax = amount_column(null=True, help_text="The item's share of the tax.")
    weight = models.PositiveIntegerField(null=True, help_text="Of one unit, in grams.")
    requires_shipping = models.BooleanField(null=True)
    quantity_cancelled = models.SmallIntegerField(
        default=0, db_default=0, help_text="Units that were cancelled before they were shipped."
    )
    quantity_fulfilled = models.SmallIntegerField(
        default=0, db_default=0, help_text="Units in fulfilments that were not cancelled."
    )
    quantity_returned = models.SmallIntegerField(
        default=0, db_default=0, help_text="Units that were shipped and came back."
    )
    amount_refunded = amount_column(
        default=0, db_default=0, help_text="What was refunded for the item."
    )
    quantity_refunded = models.SmallIntegerField(
        db_default=0, help_text="Units whose price was refunded or is being refunded."
    )
    quantity_restocked = models.SmallIntegerField(
        db_default=0, help_text="Units that returned to stock, without the cancelled ones."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "product"],
                name="orderitem_one_line_per_product",
                violation_error_message=_("An order can contain each product only once."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="orderitem_quantity_1_to_999",
                violation_error_message=_(
                    "The quantity of an order item must be between 1 and 999."
                ),
            ),
            # Rounded, since SQLite multiplies decimals as floats: there 0.1 * 3 is not 0.3.
            models.CheckConstraint(
                condition=Q(line_total=Round(F("unit_price") * F("quantity"), precision=2)),
                name="orderitem_line_total_adds_up",
                violation_error_message=_(
                    "The line total of an order item must be its unit price times its quantity."
                ),
            ),
            models.CheckConstraint(
                condition=Q(discount=None) | Q(discount__gte=0, discount__lte=F("line_total")),
                name="orderitem_discount_at_most_its_total",
                violation_error_message=_(
                    "The discount of an order item must be from zero to its line total."
                ),
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_cancelled__gte=0,
                    quantity_fulfilled__gte=0,
                    quantity__gte=F("quantity_cancelled") + F("quantity_fulfilled"),
                ),
                name="orderitem_ships_at_most_what_was_ordered",
                violation_error_message=_(
                    "No more units can be shipped and cancelled than were ordered."
                ),
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_returned__gte=0, quantity_returned__lte=F("quantity_fulfilled")
                ),
                name="orderitem_returns_at_most_what_was_shipped",
                violation_error_message=_("No more units can be returned than were shipped."),
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__gte=0),
                name="orderitem_refunded_not_negative",
                violation_error_message=_("The amount refunded for an item cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_refunded__gte=0,
                    quantity__gte=F("quantity_refunded") + F("quantity_cancelled"),
                ),
                name="orderitem_refunds_at_most_what_was_ordered",
                violation_error_message=_(
                    "No more units can be refunded and cancelled than were ordered."
                ),
            ),
            # The units that the buyer has, those in stock again and those that were cancelled.
            models.CheckConstraint(
                condition=Q(
                    quantity_restocked__gte=0,
                    quantity__gte=F("quantity_fulfilled")
                    - F("quantity_returned")
                    + F("quantity_restocked")
                    + F("quantity_cancelled"),
                ),
                name="orderitem_restocks_what_the_buyer_does_not_have",
                violation_error_message=_(
                    "Units cannot be shipped after they were returned to stock."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def quantity_left(self) -> int:
        """The units that can still be shipped, without those that returned to stock unshipped."""
        restocked = max(0, self.quantity_restocked - self.quantity_returned)
        return self.quantity - self.quantity_cancelled - self.quantity_fulfilled - restocked


class AddressKind(models.TextChoices):
    """What an address of an order is for."""

    SHIPPING = "shipping", _("Shipping")
    BILLING = "billing", _("Billing")


class OrderAddress(models.Model):
    """Where an order is shipped, or who gets its invoice. Without one, both are the same."""

    # No index for this column: the unique index of order and kind begins with it.
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="addresses", db_index=False
    )
    kind = models.CharField(max_length=8, choices=AddressKind.choices)
    name = address_column("name")
    company = address_column("company")
    line1 = address_column("line1")
    line2 = address_column("line2")
    postal_code = address_column("postal_code")
    city = address_column("city")
    region = address_column("region")
    country = address_column("country", help_text="ISO 3166-1.")
    phone = address_column("phone", help_text="E.164.")
    vat_number = address_column("vat_number")

    class Meta:
        verbose_name_plural = "order addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"],
                name="orderaddress_one_of_each_kind",
                violation_error_message=_("An order has one address of each kind."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AddressKind.values),
                name="orderaddress_kind_known",
                violation_error_message=_("An address is for shipping or for billing."),
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(self.as_postal().lines())

    def as_postal(self) -> PostalAddress:
        """Return the address without its order."""
        return PostalAddress(**{name: getattr(self, name) for name in LENGTHS})


class AdjustmentKind(models.TextChoices):
    """What an adjustment of an order is."""

    DISCOUNT = "discount", _("Discount")
    SHIPPING_DISCOUNT = "shipping_discount", _("Discount on shipping")
    SHIPPING = "shipping", _("Shipping")
    FEE = "fee", _("Fee")


class OrderAdjustment(models.Model):
    """A discount, the shipping or a fee of an order, with the name that the buyer saw.

    ``amount`` is in the order's currency. It is not negative: the kind says whether it is
    subtracted. ``voucher`` is the code that was used; ``released_at`` is when the order was
    cancelled, after which the code could be used again.
    """

    # An index for this column: it has no other.
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="adjustments")
    kind = models.CharField(max_length=20, choices=AdjustmentKind.choices)
    name = models.CharField(max_length=ADJUSTMENT_NAME_LENGTH)
    amount = amount_column()
    promotion_id = models.BigIntegerField(null=True)
    voucher = models.CharField(max_length=64, blank=True, default="", help_text="Its code.")
    allocations = models.JSONField(
        default=list, blank=True, help_text="The share of each item, by product."
    )
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AdjustmentKind.values),
                name="orderadjustment_kind_known",
                violation_error_message=_("The kind of an adjustment must be one of those known."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="orderadjustment_amount_not_negative",
                violation_error_message=_("The amount of an adjustment cannot be negative."),
            ),
            models.CheckConstraint(
                condition=~Q(voucher="") | Q(released_at=None),
                name="orderadjustment_released_only_with_a_voucher",
                violation_error_message=_("Only a voucher can be released."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.amount}"


class OrderTax(models.Model):
    """The tax of one rate in an order. ``base`` is what is taxed, without the tax."""

    # An index for this column: it has no other.
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="taxes")
    rate = percentage()
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=20, blank=True, default="")
    name = models.CharField(max_length=100)
    base = amount_column()
    amount = amount_column()
    reason = models.CharField(max_length=100, help_text="Why this rate applies.")

    class Meta:
        verbose_name_plural = "order taxes"
        constraints = [
            models.CheckConstraint(
                condition=Q(base__gte=0, amount__gte=0),
                name="ordertax_not_negative",
                violation_error_message=_("The base and the amount of a tax cannot be negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.rate} %"
