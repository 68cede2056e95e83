"""Tax classes, which products refer to. Their rates are in the cart's tax table."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.limits import TAX_CLASS_CODE_LENGTH, TAX_CLASS_NAME_LENGTH
from shop.core.configuration import ConfigurationModel, ConfigurationQuerySet
from shop.core.slugs import SlugField

STANDARD = "standard"
"""What people call the class of products without one. No row may have it as its code."""


class TaxClassQuerySet(ConfigurationQuerySet["TaxClass"]):
    """Reads of tax classes."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> TaxClassQuerySet:
        """Return all tax classes, because responses for products name them."""
        return self


class TaxClass(ConfigurationModel):
    """A group of products that are not taxed at the standard rate, such as books or food.

    A product without a tax class has the standard rate.
    """

    part = "taxes"

    code = SlugField(
        max_length=TAX_CLASS_CODE_LENGTH,
        unique=True,
        help_text="The name of the class in the API and in files, such as reduced.",
    )
    name = models.CharField(max_length=TAX_CLASS_NAME_LENGTH)

    objects = TaxClassQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        verbose_name_plural = "tax classes"
        constraints = [
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(code=STANDARD),
                name="taxclass_is_not_the_standard",
                violation_error_message=_(
                    "Products without a tax class are taxed at the standard rate, so that"
                    " “standard” cannot be the code of a class."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name
