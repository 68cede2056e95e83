"""Carts: each user has at most one open cart, and each guest one that a token opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cart.promotions.models import Promotion, PromotionUse, Voucher, VoucherRedemption
from cart.shipping.models import ShippingMethod, ShippingRate
from cart.taxes.models import ShippingTax, TaxRate
from cart.taxes.vat_numbers import VatNumber
from catalog.models import Product
from shop.core.metadata import HasMetadata
from shop.core.money import MAX_DIGITS
from shop.core.permissions import sees_all

if TYPE_CHECKING:
    from cart.guests import Buyer

__all__ = [
    "MAX_ITEMS",
    "MAX_QUANTITY",
    "Cart",
    "CartItem",
    "CartQuerySet",
    "CartStatus",
    "Draft",
    "DraftStatus",
    "Promotion",
    "PromotionUse",
    "ShippingMethod",
    "ShippingRate",
    "ShippingTax",
    "TaxRate",
    "VatNumber",
    "Voucher",
    "VoucherRedemption",
]

MAX_QUANTITY = 999
MAX_ITEMS = 100
EMAIL_LENGTH = 254
PHONE_LENGTH = 32
NOTE_LENGTH = 2000
VOUCHER_CODE_LENGTH = 64
MAX_CODES = 10
MAX_CONSENTS = 20
LANGUAGE_LENGTH = 10
METHOD_LENGTH = 50
MAX_LINK_HOURS = 366 * 24


class CartStatus(models.TextChoices):
    """The status of a cart. Only an open cart can change."""

    OPEN = "open", _("Open")
    ORDERED = "ordered", _("Ordered")
    MERGED = "merged", _("Merged")


class CartQuerySet(models.QuerySet["Cart"]):
    """Selects carts."""

    def visible_to(self, buyer: Buyer) -> CartQuerySet:
        """Return the carts of a user, also for staff only their own, or the cart of a guest."""
        return self.belonging_to(**buyer.key)

    def belonging_to(
        self, *, user_id: int | None = None, cart_id: int | None = None
    ) -> CartQuerySet:
        """Return the carts of the user, or the guest cart ``cart_id``.

        Takes what ``Buyer.key`` holds, so that statements can be compiled for any buyer.
        """
        if cart_id is None:
            return self.filter(user=user_id)
        return self.filter(pk=cart_id)

    def open_of(self, *, user_id: int | None = None, cart_id: int | None = None) -> CartQuerySet:
        """Return the buyer's open cart, if there is one."""
        carts = self.belonging_to(user_id=user_id, cart_id=cart_id)
        return carts.filter(status=CartStatus.OPEN)


class Cart(HasMetadata):
    """The products that a buyer may order, and everything else that the order needs.

    A cart belongs to a user, or to the guest who has its token. Only the services write ``status``.
    A guest cart that was merged belongs to the user whose cart has its items since. ``updated_at``
    is the last change of its own columns and of removed items; ``CartItem.changed_at`` is that of
    an item.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="carts"
    )
    status = models.CharField(
        max_length=10, choices=CartStatus.choices, default=CartStatus.OPEN, editable=False
    )
    token_hash = models.CharField(
        max_length=64, null=True, editable=False, help_text="SHA-256 of the token of a guest."
    )
    email = models.CharField(max_length=EMAIL_LENGTH, blank=True, default="", db_default="")
    phone = models.CharField(
        max_length=PHONE_LENGTH, blank=True, default="", db_default="", help_text="E.164."
    )
    shipping_address = models.JSONField(null=True, blank=True)
    billing_address = models.JSONField(null=True, blank=True)
    shipping_method = models.CharField(
        max_length=METHOD_LENGTH, blank=True, default="", db_default="", help_text="Its code."
    )
    voucher_codes = models.JSONField(default=list, db_default=[], blank=True)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, default="", db_default="")
    language = models.CharField(
        max_length=LANGUAGE_LENGTH, blank=True, default="", db_default="", help_text="Its code."
    )
    consents = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What the buyer agreed to, by name."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CartQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status=CartStatus.OPEN),
                name="cart_one_open_per_user",
                violation_error_message=_("A user can have only one open cart."),
            ),
            models.UniqueConstraint(
                fields=["token_hash"],
                condition=Q(token_hash__isnull=False),
                name="cart_one_per_token",
                violation_error_message=_("A token belongs to one cart only."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=CartStatus.values),
                name="cart_status_is_known",
                violation_error_message=_(
                    "The status of a cart must be one of the known statuses."
                ),
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False)
                | Q(token_hash__isnull=False)
                | ~Q(status=CartStatus.OPEN),
                name="cart_of_a_user_or_a_guest",
                violation_error_message=_("An open cart belongs to a user or to a guest."),
            ),
        ]
        indexes = [
            # manage.py cleanup. Ordered carts, which are most, are kept.
            models.Index(
                fields=["updated_at"],
                condition=~Q(status=CartStatus.ORDERED),
                name="cart_not_ordered_by_age",
            ),
        ]

    def __str__(self) -> str:
        words = gettext("Cart of {buyer}")
        buyer = self.user if self.user_id else self.email
        return words.format(buyer=buyer or gettext("a guest"))


class CartItem(models.Model):
    """A product in a cart, with its quantity."""

    # No index for this column: the unique index of cart and product begins with it.
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    price_seen = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        editable=False,
        help_text="The unit price when the quantity was last added or set.",
    )
    price_override = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        editable=False,
        help_text="The unit price that staff set in a draft, instead of the product's.",
    )
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "product"],
                name="cartitem_one_line_per_product",
                violation_error_message=_("A cart can contain each product only once."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="cartitem_quantity_1_to_999",
                violation_error_message=_("The quantity of a cart item must be between 1 and 999."),
            ),
            models.CheckConstraint(
                condition=Q(price_override=None) | Q(price_override__gte=0),
                name="cartitem_price_override_not_negative",
                violation_error_message=_("A price cannot be negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class DraftStatus(models.TextChoices):
    """What became of a draft. It follows from the draft and its cart."""

    OPEN = "open", _("Open")
    ORDERED = "ordered", _("Ordered")


class DraftQuerySet(models.QuerySet["Draft"]):
    """Reads of drafts."""

    def visible_to(self, user: User) -> DraftQuerySet:
        """Return all drafts for staff with the permission to view them, none for others."""
        return self if sees_all(user, "cart.draft") else self.none()


class Draft(models.Model):
    """A cart that staff prepare for a customer or an e-mail address. It takes no stock.

    Its cart has no user, and its token is never given out, so that no buyer can change it. Sending
    it places its order. Writers lock the cart (``cart.drafts``).
    """

    cart = models.OneToOneField(Cart, on_delete=models.CASCADE, related_name="draft")
    # An index for this column: the deletion of an account looks for it.
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="drafts",
        help_text="Whose order it becomes; empty for a guest, who has an e-mail address only.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    link_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How long the link is valid, if not DRAFT_LINK_HOURS."
    )
    sent_at = models.DateTimeField(null=True, editable=False)
    link_expires_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Until then its order can be paid.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DraftQuerySet.as_manager()

    class Meta:
        permissions = [("override_prices", "Can override prices")]
        constraints = [
            models.CheckConstraint(
                condition=Q(link_hours=None) | Q(link_hours__gte=1, link_hours__lte=MAX_LINK_HOURS),
                name="draft_link_valid_for_a_year_at_most",
                violation_error_message=_("A link is valid for 1 to 8784 hours."),
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, link_expires_at=None)
                | Q(link_expires_at__gt=F("sent_at")),
                name="draft_link_expires_after_it_was_sent",
                violation_error_message=_("The link of a draft must expire after it was sent."),
            ),
        ]

    def __str__(self) -> str:
        words = gettext("Draft {id} for {buyer}")
        buyer = self.customer if self.customer_id else self.cart.email
        return words.format(id=self.pk, buyer=buyer or gettext("a guest"))

    @property
    def status(self) -> DraftStatus:
        """What became of it. Reads the cart."""
        is_ordered = self.cart.status == CartStatus.ORDERED
        return DraftStatus.ORDERED if is_ordered else DraftStatus.OPEN
