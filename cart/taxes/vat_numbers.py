"""VAT numbers whose holders owe the tax themselves, if goods go to another country."""

from __future__ import annotations

from typing import Protocol

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shop.core.configuration import ConfigurationModel, ConfigurationQuerySet
from shop.core.errors import InvalidField
from shop.core.vat_numbers import VAT_NUMBER_LENGTH, country_prefix, normalize_vat_number

SOURCE_LENGTH = 500


class VatNumberChecker(Protocol):
    """A function that says whether a VAT number is confirmed."""

    def __call__(self, number: str, /) -> bool:
        """Return whether the number, such as ``FR40303265045``, belongs to a business.

        It is called while rows are locked: it must not call a service, and answers from what it has
        stored.
        """


class VatNumber(ConfigurationModel):
    """A VAT number that was confirmed: buyers who give it owe the tax themselves."""

    part = "taxes"

    number = models.CharField(
        "VAT number", max_length=VAT_NUMBER_LENGTH, help_text="With its prefix: FR40303265045."
    )
    source = models.CharField(
        max_length=SOURCE_LENGTH, help_text="How it was confirmed, such as VIES and the day."
    )
    confirmed_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ConfigurationQuerySet["VatNumber"].as_manager()

    class Meta:
        default_permissions = ()  # those of tax rates
        verbose_name = "confirmed VAT number"
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                name="vatnumber_confirmed_once",
                violation_error_message=_("This VAT number is confirmed already."),
            ),
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(source=""),
                name="vatnumber_has_a_source",
                violation_error_message=_("A confirmed VAT number must have a source."),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def check_rules(self) -> None:
        """Store the number as addresses have it. Raises InvalidField for an impossible number."""
        text = self.number.strip().upper()
        try:
            self.number = normalize_vat_number(text, text[:2])
        except ValidationError as error:
            raise InvalidField(field="number", reason=error.messages[0]) from None


def confirm_vat_number(*, number: str, source: str) -> VatNumber:
    """Store a confirmed VAT number, or return the one that is stored. Raises InvalidField."""
    confirmed = VatNumber(number=number, source=source)
    confirmed.check_rules()
    found, _created = VatNumber.objects.get_or_create(
        number=confirmed.number, defaults={"source": source}
    )
    return found


def is_foreign(number: str, home_country: str) -> bool:
    """Return whether a VAT number is not one of the shop's country."""
    return bool(number) and not number.startswith(country_prefix(home_country))
