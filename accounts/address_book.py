"""The address book of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shop.core.address_lengths import LENGTHS, address_column

if TYPE_CHECKING:
    from accounts.models import User

MAX_ADDRESSES = 50


class AddressQuerySet(models.QuerySet["Address"]):
    """Selects addresses."""

    def visible_to(self, user: User) -> AddressQuerySet:
        """Return the user's own addresses, also for staff."""
        return self.filter(user=user)


class Address(models.Model):
    """A complete postal address that a user keeps. Only ``accounts.services`` writes it.

    Its columns are the members of ``shop.core.postal_addresses.PostalAddress``. Carts and orders
    have copies. The row of the user is locked before a row is written.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="addresses"
    )
    name = address_column("name")
    company = address_column("company")
    line1 = address_column("line1")
    line2 = address_column("line2")
    postal_code = address_column("postal_code")
    city = address_column("city")
    region = address_column("region")
    country = models.CharField(max_length=LENGTHS["country"], help_text="ISO 3166-1.")
    phone = address_column("phone")
    vat_number = address_column("vat_number")
    is_default_shipping = models.BooleanField(default=False)
    is_default_billing = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_default_shipping=True),
                name="address_one_default_for_shipping",
                violation_error_message=_("An account can have only one default shipping address."),
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_default_billing=True),
                name="address_one_default_for_billing",
                violation_error_message=_("An account can have only one default billing address."),
            ),
            models.CheckConstraint(
                condition=~Q(country=""),
                name="address_has_a_country",
                violation_error_message=_("An address must have a country."),
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.name, self.line1, self.city)))
