"""What staff say of products beside the fixed columns: tags, and attributes of their own making."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q

from catalog.limits import ATTRIBUTE_NAME_LENGTH, ATTRIBUTE_TEXT_LENGTH, TAG_LENGTH
from catalog.products.models import Product


class ProductTag(models.Model):
    """A word that products share."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tags")
    tag = models.CharField(max_length=TAG_LENGTH)

    class Meta:
        constraints = [
            # GET /api/products/?tag=
            models.UniqueConstraint(fields=["tag", "product"], name="producttag_once"),
        ]

    def __str__(self) -> str:
        return self.tag


class AttributeKind(models.TextChoices):
    """What an attribute's values are."""

    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    BOOLEAN = "boolean", "Yes or no"
    CHOICE = "choice", "One of its choices"


class AttributeQuerySet(models.QuerySet["Attribute"]):
    """Reads of attributes."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> AttributeQuerySet:
        """All of them: anyone may filter by an attribute."""
        return self


class Attribute(models.Model):
    """Something that products may have: material, weight in grams, dishwasher-safe."""

    name = models.CharField(max_length=ATTRIBUTE_NAME_LENGTH)
    slug = models.SlugField(
        max_length=ATTRIBUTE_NAME_LENGTH, unique=True, help_text="Its name in filters."
    )
    kind = models.CharField(max_length=10, choices=AttributeKind.choices)
    choices = models.JSONField(
        default=list, blank=True, help_text="The values of a choice, a list of strings."
    )

    objects = AttributeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AttributeKind.values), name="attribute_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductAttribute(models.Model):
    """A product's value of an attribute: text (a choice too), a number, or yes or no."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="attributes")
    attribute = models.ForeignKey(Attribute, on_delete=models.PROTECT, related_name="values")
    text = models.CharField(max_length=ATTRIBUTE_TEXT_LENGTH, null=True)
    number = models.DecimalField(max_digits=15, decimal_places=6, null=True)
    boolean = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "attribute"], name="productattribute_one_value"
            ),
            models.CheckConstraint(
                condition=(
                    Q(text__isnull=False, number=None, boolean=None)
                    | Q(text=None, number__isnull=False, boolean=None)
                    | Q(text=None, number=None, boolean__isnull=False)
                ),
                name="productattribute_one_kind",
            ),
        ]
        indexes = [
            # GET /api/products/?attr.<slug>=
            models.Index(fields=["attribute", "text", "product"], name="productattribute_text"),
            models.Index(fields=["attribute", "number", "product"], name="productattribute_number"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id} of {self.product_id}"
