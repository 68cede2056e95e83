"""Tags, and attributes that staff define in addition to the columns of a product."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.limits import (
    ATTRIBUTE_NAME_LENGTH,
    ATTRIBUTE_TEXT_LENGTH,
    MAX_TRANSLATED_VALUES,
    TAG_LENGTH,
)
from catalog.products.models import Product
from shop.core.lines import LineField
from shop.core.slugs import SlugField
from shop.core.translations import Member, TranslationsField

ATTRIBUTE_MEMBERS = {
    "name": Member(ATTRIBUTE_NAME_LENGTH),
    "choices": Member(ATTRIBUTE_TEXT_LENGTH, MAX_TRANSLATED_VALUES),
}
"""What of an attribute can be translated. ``choices`` are also the texts of a text attribute."""


class ProductTag(models.Model):
    """A tag of a product."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tags")
    tag = models.CharField(max_length=TAG_LENGTH)

    class Meta:
        constraints = [
            # GET /api/products/?tag=
            models.UniqueConstraint(
                fields=["tag", "product"],
                name="producttag_once",
                violation_error_message=_("The product already has this tag."),
            ),
        ]

    def __str__(self) -> str:
        return self.tag


class AttributeKind(models.TextChoices):
    """The type of an attribute's values."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    BOOLEAN = "boolean", _("Yes or no")
    CHOICE = "choice", _("One of its choices")


class AttributeQuerySet(models.QuerySet["Attribute"]):
    """Reads of attributes."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> AttributeQuerySet:
        """Return all attributes, because everyone may filter by them."""
        return self


class Attribute(models.Model):
    """A property of products that staff define, such as material or weight in grams."""

    name = LineField(max_length=ATTRIBUTE_NAME_LENGTH)
    slug = SlugField(
        max_length=ATTRIBUTE_NAME_LENGTH, unique=True, help_text="The attribute's name in filters."
    )
    kind = models.CharField(max_length=10, choices=AttributeKind.choices)
    choices = models.JSONField(
        default=list, blank=True, help_text="The allowed values of an attribute of kind choice."
    )
    translations = TranslationsField(
        members=ATTRIBUTE_MEMBERS,
        help_text="Translations of the choices are lines such as: Clay = Ton.",
    )

    objects = AttributeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AttributeKind.values),
                name="attribute_kind_known",
                violation_error_message=_(
                    "The kind of an attribute must be one of the known kinds."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductAttribute(models.Model):
    """A product's value of an attribute. ``text`` also holds choices."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="attributes")
    attribute = models.ForeignKey(Attribute, on_delete=models.PROTECT, related_name="values")
    text = models.CharField(max_length=ATTRIBUTE_TEXT_LENGTH, null=True)
    number = models.DecimalField(max_digits=15, decimal_places=6, null=True)
    boolean = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "attribute"],
                name="productattribute_one_value",
                violation_error_message=_("The product already has a value of this attribute."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(text__isnull=False, number=None, boolean=None)
                    | Q(text=None, number__isnull=False, boolean=None)
                    | Q(text=None, number=None, boolean__isnull=False)
                ),
                name="productattribute_one_kind",
                violation_error_message=_("A value must be a text, a number or a boolean."),
            ),
        ]
        indexes = [
            # GET /api/products/?attr.<slug>=
            models.Index(fields=["attribute", "text", "product"], name="productattribute_text"),
            models.Index(fields=["attribute", "number", "product"], name="productattribute_number"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id} of {self.product_id}"
