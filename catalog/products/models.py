"""Products and their variants.

They are rows of one table, so that they share one id space, one stock column and one lock order.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Now, Upper
from django.utils.translation import gettext_lazy as _

from catalog.categories.models import Category
from catalog.limits import (
    BARCODE_LENGTH,
    BRAND_LENGTH,
    PRODUCT_NAME_LENGTH,
    SEO_DESCRIPTION_LENGTH,
    SEO_TITLE_LENGTH,
    SKU_LENGTH,
)
from catalog.permissions import sees_all
from catalog.products.hints import HasNoParent
from catalog.samples import Place
from catalog.tax_classes.models import TaxClass
from shop.core.lines import LineField
from shop.core.metadata import HasMetadata
from shop.core.money import MAX_DIGITS
from shop.core.slugs import SlugField

_LISTED = Q(is_published=True, archived_at=None, parent=None)
# What facets read of a product, and what decides who sees it.
_SAMPLED = (
    "id",
    "category",
    "brand",
    "price",
    "highest_price",
    "publish_at",
    "is_published",
    "archived_at",
    "has_variants",
    "is_stocked",
)


def for_sale(product: str = "") -> Q:
    """Return the condition that a product is for sale; ``product`` is the lookup prefix to it."""
    due = Q((f"{product}publish_at", None)) | Q((f"{product}publish_at__lte", Now()))
    return due & Q((f"{product}is_published", True), (f"{product}archived_at", None))


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products."""

    def not_archived(self) -> ProductQuerySet:
        """Exclude archived products, which no reader sees."""
        return self.filter(archived_at=None)

    def for_sale(self) -> ProductQuerySet:
        """Return published products whose publication time has come."""
        return self.filter(for_sale())

    def sellable(self) -> ProductQuerySet:
        """Return what can be bought: variants, and products without variants."""
        return self.filter(for_sale(), has_variants=False)

    def low_in_stock(self) -> ProductQuerySet:
        """Return what is sold with tracked stock at its ``threshold`` or below, with that number.

        It is the one of the product, or else ``LOW_STOCK_THRESHOLD``.
        """
        threshold: F | Coalesce = F("low_stock_threshold")
        if (default := settings.LOW_STOCK_THRESHOLD) is not None:
            threshold = Coalesce(threshold, Value(default))
        return (
            self.not_archived()
            .annotate(threshold=threshold)
            .filter(track_stock=True, has_variants=False, stock__lte=F("threshold"))
        )

    def with_units(self) -> ProductQuerySet:
        """Add ``units``: the stock, of a product with variants that of all; null if not tracked."""
        variants = Product.objects.not_archived().filter(parent_id=OuterRef("pk"), track_stock=True)
        total = variants.order_by().values("parent_id").annotate(total=Sum("stock"))
        return self.annotate(
            units=Case(
                When(has_variants=True, then=Subquery(total.values("total"))),
                When(track_stock=True, then=F("stock")),
            )
        )

    def listed(self) -> ProductQuerySet:
        """Exclude variants, which are shown with their product."""
        return self.filter(HasNoParent(F("parent"), rhs=True))

    def invisible(self, *, for_staff: bool) -> ProductQuerySet:
        """Return the listed products that a reader does not see, unordered. An index has them."""
        listed = self.listed().order_by()
        if for_staff:
            return listed.filter(archived_at__isnull=False)
        return listed.filter(
            Q(is_published=False) | Q(archived_at__isnull=False) | Q(publish_at__gt=Now())
        )

    def with_sku(self, skus: Iterable[str]) -> ProductQuerySet:
        """Return the products and variants with any of these SKUs, compared without case."""
        # Most SKUs are capitals, and a hundred expressions would cost more than the statement.
        wanted = [
            sku if sku.isascii() and sku == sku.upper() else Upper(Value(sku)) for sku in skus
        ]
        rows = self.not_archived().exclude(sku="")
        return rows.alias(compared=Upper("sku")).filter(compared__in=wanted)

    def visible_to(self, user: AbstractUser | AnonymousUser) -> ProductQuerySet:
        """Return products for sale. Staff with a product permission also see unpublished ones."""
        return self.not_archived() if sees_all_products(user) else self.for_sale()

    def lock(self, pk: int) -> Product:
        """Lock one product and return it. Needs a transaction. Raises DoesNotExist."""
        return self.select_for_update(no_key=True).get(pk=pk)

    def lock_all(self, pks: list[int]) -> list[Product]:
        """Lock products in ascending id, as every writer does, and return them."""
        return list(self.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))

    def lock_family(self, pk: int) -> list[Product]:
        """Lock a product and its variants in ascending id. The product comes first."""
        return list(
            self.select_for_update(no_key=True).filter(Q(pk=pk) | Q(parent_id=pk)).order_by("pk")
        )


class Product(HasMetadata):
    """A product, or a variant, whose ``parent`` is the product.

    Only ``catalog.stock.services`` writes ``stock``, and always records a movement. A product with
    variants cannot be bought itself and has no stock. Without ``track_stock`` a product can always
    be ordered; orders still subtract units and record movements, which count what was sold. Its
    ``options`` are the names of its options, ``price`` and ``compare_at_price`` are those of its
    cheapest variant, and ``highest_price`` is that of its dearest. A variant has its own SKU,
    price, stock and images, and its ``options`` are the values. It shares name, category and
    publication with its product; the services write them to both.
    """

    name = LineField(max_length=PRODUCT_NAME_LENGTH)
    slug = SlugField(
        max_length=PRODUCT_NAME_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="The product's name in URLs and in files.",
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
    seo_title = LineField(
        "SEO title",
        max_length=SEO_TITLE_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="The title of its page for search engines; empty for the name.",
    )
    seo_description = models.CharField(
        "SEO description",
        max_length=SEO_DESCRIPTION_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="What search engines show of its page; empty for the description.",
    )
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    brand = LineField(max_length=BRAND_LENGTH, blank=True, default="", db_default="")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="variants"
    )
    has_variants = models.BooleanField(default=False, db_default=False, editable=False)
    options = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Names of options, such as size and colour; the values in case of a variant.",
    )
    position = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Variants are sorted by position, then by id."
    )
    sku = LineField("SKU", max_length=SKU_LENGTH, blank=True, default="", db_default="")
    barcode = LineField(
        max_length=BARCODE_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="The number of the article that scanners read, such as a GTIN or an ISBN.",
    )
    price = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=2, help_text="In the shop's currency."
    )
    highest_price = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        editable=False,
        help_text="The price of the dearest variant; NULL unless it differs from the cheapest.",
    )
    compare_at_price = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="The price before a reduction.",
    )
    stock = models.IntegerField(
        default=0, help_text="Units that can still be sold; negative for units sold on backorder."
    )
    backorder = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Customers can order it while it is out of stock.",
    )
    track_stock = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Otherwise it can always be ordered, such as a gift card, and backorder is set.",
    )
    # Indexes use this column instead of stock. An index on stock would prevent HOT updates, so that
    # each order would write to every index.
    is_stocked = models.GeneratedField(
        expression=Q(stock__gt=0) | Q(backorder=True),  # type: ignore[arg-type] # it is one
        output_field=models.BooleanField(),
        db_persist=True,
        help_text="Whether it can be sold now; meaningless for a product with variants.",
    )
    weight = models.IntegerField(
        default=0, db_default=0, help_text="Grams of one unit with its packaging."
    )
    requires_shipping = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Otherwise nothing is shipped, such as for a download or a service.",
    )
    # The column has the code, so that reads and exports need no join. Its index is partial, and was
    # created while others wrote to the table.
    tax_class = models.ForeignKey(
        TaxClass,
        to_field="code",
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="products",
        help_text="Empty for the standard rate.",
    )
    low_stock_threshold = models.PositiveIntegerField(
        null=True, blank=True, help_text="The stock from which on the product is listed as low."
    )
    is_published = models.BooleanField(
        default=True, help_text="Customers see the product and can buy it."
    )
    publish_at = models.DateTimeField(
        null=True, blank=True, help_text="Customers do not see the product before this time."
    )
    archived_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="An archived product is only kept for past orders.",
    )
    sold = models.IntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Units sold in the last 90 days, when last counted.",
    )
    keywords = models.TextField(
        default="",
        db_default="",
        editable=False,
        help_text="Brand, tags, SKUs and option values, for the full-text search.",
    )
    name_key = models.BinaryField(
        default=b"",
        db_default=b"",
        editable=False,
        help_text="The name as lists are sorted by it; empty until it is computed.",
    )
    changed_in = models.BigIntegerField(
        null=True, editable=False, help_text="The catalog's revision that changed it last."
    )
    updated_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When it, its stock or its images changed last."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(stock__gte=0) | Q(backorder=True),
                name="product_stock_not_negative",
                violation_error_message=_("Only products on backorder can have negative stock."),
            ),
            # Statements that decide about stock, and releases without track_stock, read backorder.
            models.CheckConstraint(
                condition=Q(track_stock=True) | Q(backorder=True),
                name="product_without_tracking_has_backorder",
                violation_error_message=_(
                    "Without tracking of its stock a product can always be ordered, so it needs"
                    " backorder."
                ),
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=0),
                name="product_weight_not_negative",
                violation_error_message=_("The weight must not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="product_price_not_negative",
                violation_error_message=_("The price must not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(highest_price=None) | Q(highest_price__gte=0),
                name="product_highest_price_not_negative",
                violation_error_message=_("The price must not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(compare_at_price=None) | Q(compare_at_price__gte=0),
                name="product_compare_at_price_not_negative",
                violation_error_message=_("The price before a reduction must not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(has_variants=False) | Q(stock=0, parent=None),
                name="product_with_variants_has_no_stock",
                violation_error_message=_("A product with variants cannot have stock of its own."),
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="product_not_its_own_parent",
                violation_error_message=_("A product cannot be its own variant."),
            ),
            models.UniqueConstraint(
                fields=["sku"],
                condition=Q(archived_at=None) & ~Q(sku=""),
                name="product_sku_unique",
                violation_error_message=_("Another product has this SKU."),
            ),
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(archived_at=None) & ~Q(slug=""),
                name="product_slug_unique",
                violation_error_message=_("Another product has this slug."),
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | Q(slug="", has_variants=False),
                name="product_variant_is_no_product",
                violation_error_message=_("A variant cannot have a slug or variants."),
            ),
            models.UniqueConstraint(
                fields=["parent", "options"],
                condition=Q(archived_at=None, parent__isnull=False),
                name="product_variant_unique",
                violation_error_message=_("The product already has a variant with these options."),
            ),
        ]
        indexes = [
            # GET /api/products/, ?in_stock=: counts and pages use index-only scans
            models.Index(
                fields=["id", "publish_at", "has_variants", "is_stocked"],
                condition=_LISTED,
                name="product_for_sale",
            ),
            models.Index(
                fields=["parent"],
                condition=Q(parent__isnull=False, archived_at=None, is_stocked=True),
                name="product_variant_stocked",
            ),
            # GET /api/products/?category=, ?brand=, ?ordering=; publish_at makes index-only scans
            # possible for pages far down
            *(
                models.Index(fields=[*fields, "id", "publish_at"], condition=_LISTED, name=name)
                for name, *fields in (
                    ("product_in_category", "category"),
                    ("product_of_brand", "brand"),
                    ("product_by_name", "name"),
                    ("product_by_sold", "sold"),
                )
            ),
            # GET /api/products/?ordering=name; product_by_name serves the previous release and the
            # admin
            models.Index(
                fields=["name_key", "id", "publish_at"],
                condition=_LISTED,
                name="product_by_name_key",
            ),
            # GET /api/products/?ordering=price; with the category, because sales apply to it
            models.Index(
                fields=["price", "id", "publish_at", "category"],
                condition=_LISTED,
                name="product_by_price",
            ),
            # GET /api/products/?min_price=
            models.Index(
                fields=["highest_price", "price", "id", "publish_at"],
                condition=_LISTED & Q(highest_price__isnull=False),
                name="product_by_highest_price",
            ),
            # GET /api/products/?on_sale=true
            models.Index(
                fields=["id"],
                condition=_LISTED & Q(compare_at_price__gt=F("price")),
                name="product_reduced",
            ),
            # GET /api/products/?include=facets
            models.Index(
                fields=["id"],
                condition=Q(parent=None)
                & (
                    Q(is_published=False)
                    | Q(archived_at__isnull=False)
                    | Q(publish_at__isnull=False)
                ),
                name="product_invisible",
            ),
            # facets of long lists: index-only scans of the products in a sample
            models.Index(
                Place("id"),
                *map(F, _SAMPLED),
                condition=Q(parent=None),
                name="product_sampled",
            ),
            # GET /api/products/low-stock/
            models.Index(
                fields=["id"],
                condition=Q(low_stock_threshold__isnull=False, archived_at=None),
                name="product_stock_watched",
            ),
            # GET /api/products/changes/
            models.Index(fields=["changed_in"], name="product_changed_in"),
            # GET /api/products/?sku=; writes of SKUs
            models.Index(
                Upper("sku"),
                condition=Q(archived_at=None) & ~Q(sku=""),
                name="product_sku_without_case",
            ),
            # the deletion of a tax class; the admin's filter
            models.Index(
                fields=["tax_class"],
                condition=Q(tax_class__isnull=False),
                name="product_of_tax_class",
            ),
            # the next publication, when cached responses expire
            models.Index(
                fields=["publish_at"],
                condition=Q(publish_at__isnull=False),
                name="product_publish_at",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def sees_all_products(user: AbstractUser | AnonymousUser) -> bool:
    """Return whether the user also sees products that are not for sale, and their staff fields."""
    return sees_all(user, "product")
