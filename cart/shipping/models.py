"""Shipping methods, and their rates by destination and by total or weight."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cart.shipping import overlaps
from cart.shipping.errors import RatesOverlap
from catalog.models import TaxClass
from shop.core.configuration import ConfigurationModel, ConfigurationQuerySet
from shop.core.money import MAX_DIGITS
from shop.core.slugs import SlugField
from shop.core.translations import Member, TranslationsField

CODE_LENGTH = 50
NAME_LENGTH = 100
MAX_DAYS = 365


class ShippingType(models.TextChoices):
    """How a method brings the goods. Clients may show it as an icon."""

    PARCEL = "parcel", _("Parcel")
    LETTER = "letter", _("Letter")
    FREIGHT = "freight", _("Freight")
    PICKUP = "pickup", _("Pickup")


class ShippingMethod(ConfigurationModel):
    """A way to ship an order. It is available where it has a rate."""

    part = "shipping"

    code = SlugField(
        max_length=CODE_LENGTH, unique=True, help_text="Its name in the API, such as standard."
    )
    name = models.CharField(max_length=NAME_LENGTH, help_text="Shown to buyers.")
    translations = TranslationsField(members={"name": Member(NAME_LENGTH)})
    type = models.CharField(
        max_length=10, choices=ShippingType.choices, default=ShippingType.PARCEL
    )
    earliest_days = models.PositiveSmallIntegerField(
        default=1, help_text="Calendar days until the earliest arrival."
    )
    latest_days = models.PositiveSmallIntegerField(
        default=3, help_text="Calendar days until the latest arrival."
    )
    tax_class = models.ForeignKey(
        TaxClass,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty for the standard rate. Used where shipping is taxed by its own class.",
    )
    free_from = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="The total of items after discounts from which shipping is free.",
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Methods are shown by position, then by name."
    )

    objects = ConfigurationQuerySet["ShippingMethod"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(type__in=ShippingType.values),
                name="shippingmethod_type_known",
                violation_error_message=_(
                    "The type of a shipping method must be one of the known types."
                ),
            ),
            models.CheckConstraint(
                condition=Q(earliest_days__lte=F("latest_days"), latest_days__lte=MAX_DAYS),
                name="shippingmethod_days_in_order",
                violation_error_message=_(
                    "The earliest arrival must not be after the latest, which is at most 365 days."
                ),
            ),
            models.CheckConstraint(
                condition=Q(free_from=None) | Q(free_from__gte=0),
                name="shippingmethod_free_from_not_negative",
                violation_error_message=_("The total for free shipping must not be negative."),
            ),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(name=""),
                name="shippingmethod_has_code_and_name",
                violation_error_message=_("A shipping method must have a code and a name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ShippingRate(ConfigurationModel):
    """The price of a method for some destinations, and for a band of totals or weights.

    Of several rates for a destination the most specific one applies: the longest postal-code
    prefix, then a region, then a country. A band includes its lower limit and excludes its upper
    limit. Rates that are equally specific must not overlap.
    """

    part = "shipping"

    method = models.ForeignKey(ShippingMethod, on_delete=models.CASCADE, related_name="rates")
    countries = models.JSONField(default=list, help_text="ISO 3166-1 codes, such as DE, AT.")
    regions = models.JSONField(
        default=list,
        blank=True,
        help_text="Codes of regions of one country, such as CN. Empty: the whole country.",
    )
    postal_prefixes = models.JSONField(
        default=list,
        blank=True,
        help_text="Beginnings of postal codes of one country, such as 35, 38.",
    )
    total_from = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=2, null=True, blank=True, help_text="After discounts."
    )
    total_below = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=2, null=True, blank=True
    )
    weight_from = models.PositiveIntegerField(null=True, blank=True, help_text="Grams.")
    weight_below = models.PositiveIntegerField(null=True, blank=True, help_text="Grams.")
    price = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)

    objects = ConfigurationQuerySet["ShippingRate"].as_manager()

    class Meta:
        default_permissions = ()  # those of the method
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="shippingrate_price_not_negative",
                violation_error_message=_("The price of shipping must not be negative."),
            ),
            models.CheckConstraint(
                condition=(Q(total_from=None) | Q(total_from__gte=0))
                & (Q(total_below=None) | Q(total_below__gt=0))
                & (Q(weight_below=None) | Q(weight_below__gt=0))
                & (Q(total_from=None) | Q(total_below=None) | Q(total_below__gt=F("total_from")))
                & (
                    Q(weight_from=None)
                    | Q(weight_below=None)
                    | Q(weight_below__gt=F("weight_from"))
                ),
                name="shippingrate_bands_not_empty",
                violation_error_message=_("The upper limit of a band must be above the lower one."),
            ),
            models.CheckConstraint(
                condition=~Q(countries=[]),
                name="shippingrate_has_a_country",
                violation_error_message=_("A shipping rate must have at least one country."),
            ),
            models.CheckConstraint(
                condition=Q(regions=[]) | Q(postal_prefixes=[]),
                name="shippingrate_regions_or_postal_codes",
                violation_error_message=_(
                    "A shipping rate can have regions or postal codes, but not both."
                ),
            ),
        ]

    def __str__(self) -> str:
        places = self.regions or self.postal_prefixes
        return ", ".join(self.countries) + (f": {', '.join(places)}" if places else "")

    def check_rules(self) -> None:
        """Raise RatesOverlap, and InvalidField for places that are not lists of codes.

        Locks the method, so that two rates that are added at once cannot overlap.
        """
        overlaps.check_places(self)
        methods = ShippingMethod.objects.select_for_update(no_key=True)
        list(methods.filter(pk=self.method_id).values_list("pk"))
        others = ShippingRate.objects.filter(method_id=self.method_id).exclude(pk=self.pk)
        for other in others.order_by("pk"):
            if place := overlaps.shared_place(self, other):
                raise RatesOverlap(place=place, band=overlaps.band_of(other))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store places as addresses have them, postal codes without spaces."""
        self.countries = overlaps.normalize(self.countries)
        self.regions = overlaps.normalize_regions(self.countries, self.regions)
        self.postal_prefixes = overlaps.normalize_postal_codes(self.postal_prefixes)
        super().save(*args, **kwargs)
