"""Tax rates, each with its source, and how each country taxes shipping."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cart.places import REGION_LENGTH, check_country
from catalog.models import TaxClass
from shop.core.configuration import ConfigurationModel, ConfigurationQuerySet
from shop.core.countries import region_code
from shop.core.translations import Member, TranslationsField

NAME_LENGTH = 100
SOURCE_LENGTH = 500
REASON_LENGTH = 100


class TaxRate(ConfigurationModel):
    """The rate of a tax in a country or one of its regions, from ``valid_from`` on.

    It applies until a later row for the same country, region and class begins. Rows are kept, so
    that past orders can be explained.
    """

    part = "taxes"

    country = models.CharField(max_length=2, help_text="An ISO 3166-1 code, such as DE.")
    region = models.CharField(
        max_length=REGION_LENGTH,
        blank=True,
        default="",
        help_text="The code of a state or province, as addresses have it. Empty: the country.",
    )
    tax_class = models.ForeignKey(
        TaxClass,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty for the standard rate.",
    )
    rate = models.DecimalField(
        max_digits=6, decimal_places=3, help_text="A percentage, such as 19 or 5.5."
    )
    name = models.CharField(max_length=NAME_LENGTH, help_text="Shown to buyers, such as VAT.")
    translations = TranslationsField(members={"name": Member(NAME_LENGTH)})
    reason = models.CharField(
        max_length=REASON_LENGTH,
        blank=True,
        default="",
        help_text="For a rate of 0: why nothing is taxed, such as exempt or export.",
    )
    source = models.CharField(
        max_length=SOURCE_LENGTH,
        help_text="Where the rate can be verified, such as a law or the address of a page.",
    )
    valid_from = models.DateField(help_text="The first day of the rate.")

    objects = ConfigurationQuerySet["TaxRate"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "region", "tax_class", "valid_from"],
                name="taxrate_one_per_class_and_day",
                violation_error_message=_(
                    "There is a rate for this country, region, tax class and day already."
                ),
            ),
            models.UniqueConstraint(
                fields=["country", "region", "valid_from"],
                condition=Q(tax_class=None),
                name="taxrate_one_standard_per_day",
                violation_error_message=_(
                    "There is a standard rate for this country, region and day already."
                ),
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=100),
                name="taxrate_0_to_100",
                violation_error_message=_("A tax rate must be between 0 and 100 percent."),
            ),
            models.CheckConstraint(
                condition=~Q(source="") & ~Q(name="") & ~Q(country=""),
                name="taxrate_has_a_source",
                violation_error_message=_("A tax rate must have a country, a name and a source."),
            ),
        ]

    def __str__(self) -> str:
        place = f"{self.country} {self.region}".strip()
        return f"{place}: {self.name} {self.rate.normalize():f} %"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store codes as addresses have them."""
        self.country = self.country.strip().upper()
        self.region = region_code(self.country, self.region.strip())
        super().save(*args, **kwargs)

    def check_rules(self) -> None:
        """Raise InvalidField for an unknown country."""
        check_country(self.country, field="country")


class ShippingTaxRule(models.TextChoices):
    """How shipping is taxed."""

    CLASS = "class", _("By the tax class of the shipping method")
    PROPORTIONAL = "proportional", _("Like the items, in proportion to their totals")
    HIGHEST = "highest", _("By the highest rate of the items")
    NONE = "none", _("Not at all")


class ShippingTax(ConfigurationModel):
    """How a country taxes shipping. Without a row, by the tax class of the method."""

    part = "taxes"

    country = models.CharField(
        max_length=2,
        unique=True,
        help_text="An ISO 3166-1 code, such as DE.",
    )
    rule = models.CharField(max_length=20, choices=ShippingTaxRule.choices)

    objects = ConfigurationQuerySet["ShippingTax"].as_manager()

    class Meta:
        default_permissions = ()  # those of tax rates
        verbose_name = "tax on shipping"
        verbose_name_plural = "taxes on shipping"
        constraints = [
            models.CheckConstraint(
                condition=Q(rule__in=ShippingTaxRule.values),
                name="shippingtax_rule_known",
                violation_error_message=_("The rule must be one of the known rules."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country}: {self.get_rule_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the country in upper case."""
        self.country = self.country.strip().upper()
        super().save(*args, **kwargs)

    def check_rules(self) -> None:
        """Raise InvalidField for an unknown country."""
        check_country(self.country, field="country")
