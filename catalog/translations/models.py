"""Translations: rows with the texts of a product or a category in a language.

The language is a code of ``SHOP_LANGUAGES``, so that a further language needs no migration. An
empty text means the one of the product or category itself.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.limits import (
    CATEGORY_NAME_LENGTH,
    PRODUCT_NAME_LENGTH,
    SEO_DESCRIPTION_LENGTH,
    SEO_TITLE_LENGTH,
)
from catalog.products.models import Product
from shop.core.language_codes import CODE_LENGTH
from shop.core.lines import LineField
from shop.core.slugs import SlugField


class Translation(models.Model):
    """A language, and the texts that both products and categories have."""

    language = models.CharField(max_length=CODE_LENGTH, help_text="A code such as de or pt-br.")
    name: Any  # a field of each model, because each has a limit of its own
    seo_title = LineField(
        "SEO title", max_length=SEO_TITLE_LENGTH, blank=True, default="", db_default=""
    )
    seo_description = models.CharField(
        "SEO description",
        max_length=SEO_DESCRIPTION_LENGTH,
        blank=True,
        default="",
        db_default="",
    )

    class Meta:
        abstract = True
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(language=""),
                name="%(class)s_names_language",
                violation_error_message=_("A translation must name its language."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.language}: {self.name}"


class ProductTranslation(Translation):
    """The texts of a product in a language. Variants have none; they share those of the product."""

    # No index: the one of the constraint begins with this column.
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, db_index=False, related_name="translations"
    )
    name = LineField(max_length=PRODUCT_NAME_LENGTH, blank=True, default="")
    name_key = models.BinaryField(
        default=b"",
        db_default=b"",
        editable=False,
        help_text="The name as lists are sorted by it; empty without one, or until it is computed.",
    )
    slug = SlugField(
        max_length=PRODUCT_NAME_LENGTH,
        blank=True,
        default="",
        db_index=False,
        help_text="The product's name in URLs in this language; made from its name if absent.",
    )
    description = models.TextField(
        blank=True,
        default="",
        help_text="Text or HTML. Scripts, styles and unknown elements are removed.",
    )
    description_text = models.TextField(
        null=True,
        editable=False,
        help_text="The text of a description with markup, for searches; NULL if it has none.",
    )

    class Meta(Translation.Meta):
        constraints = [
            *Translation.Meta.constraints,
            models.UniqueConstraint(
                fields=["product", "language"],
                name="producttranslation_once",
                violation_error_message=_("The product already has texts in this language."),
            ),
            # GET /api/products/<slug>/
            models.UniqueConstraint(
                fields=["slug", "language"],
                condition=~Q(slug=""),
                name="producttranslation_slug_unique",
                violation_error_message=_("Another product has this slug in this language."),
            ),
        ]
        indexes = [
            # GET /api/products/?ordering=name in another language than the shop's own
            models.Index(
                fields=["language", "name_key", "product"],
                name="producttranslation_by_name_key",
            ),
        ]


class CategoryTranslation(Translation):
    """The texts of a category in a language."""

    # No index: the one of the constraint begins with this column.
    category = models.ForeignKey(
        "catalog.Category", on_delete=models.CASCADE, db_index=False, related_name="translations"
    )
    name = LineField(max_length=CATEGORY_NAME_LENGTH, blank=True, default="")
    slug = SlugField(
        max_length=CATEGORY_NAME_LENGTH,
        blank=True,
        default="",
        db_index=False,
        help_text="The category's name in URLs in this language; made from its name if absent.",
    )

    class Meta(Translation.Meta):
        constraints = [
            *Translation.Meta.constraints,
            models.UniqueConstraint(
                fields=["category", "language"],
                name="categorytranslation_once",
                violation_error_message=_("The category already has texts in this language."),
            ),
            # GET /api/categories/<slug>/
            models.UniqueConstraint(
                fields=["slug", "language"],
                condition=~Q(slug=""),
                name="categorytranslation_slug_unique",
                violation_error_message=_("Another category has this slug in this language."),
            ),
        ]
