"""Products and their variants: rows of one table, so that there is one id space, one stock and one
order of locks.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from catalog.categories.models import Category
from catalog.limits import BRAND_LENGTH, PRODUCT_NAME_LENGTH, SKU_LENGTH
from catalog.permissions import sees_all
from shop.core.metadata import HasMetadata
from shop.core.money import MAX_DIGITS

_LISTED = Q(is_published=True, archived_at=None, parent=None)


def for_sale(product: str = "") -> Q:
    """Return the condition that a product is for sale; ``product`` is the way to it."""
    due = Q((f"{product}publish_at", None)) | Q((f"{product}publish_at__lte", Now()))
    return due & Q((f"{product}is_published", True), (f"{product}archived_at", None))


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products."""

    def not_archived(self) -> ProductQuerySet:
        """All that any reader may ever see."""
        return self.filter(archived_at=None)

    def for_sale(self) -> ProductQuerySet:
        """Published, its time come, and not archived."""
        return self.filter(for_sale())

    def sellable(self) -> ProductQuerySet:
        """For sale, and one thing: no product that asks for the choice of a variant."""
        return self.filter(for_sale(), has_variants=False)

    def running_out(self) -> ProductQuerySet:
        """What has its threshold of pieces or fewer."""
        return self.not_archived().filter(
            low_stock_threshold__isnull=False, stock__lte=F("low_stock_threshold")
        )

    def listed(self) -> ProductQuerySet:
        """One entry a product: variants are shown with the product that they belong to."""
        return self.filter(parent=None)

    def visible_to(self, user: AbstractUser | AnonymousUser) -> ProductQuerySet:
        """What is for sale; for staff who may look also what is not published."""
        return self.not_archived() if sees_all_products(user) else self.for_sale()

    def lock(self, pk: int) -> Product:
        """Lock one product until the transaction ends, and return it. Raises DoesNotExist."""
        return self.select_for_update(no_key=True).get(pk=pk)

    def lock_all(self, pks: list[int]) -> list[Product]:
        """Lock products in ascending id, the order that every writer keeps, and return them."""
        return list(self.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))

    def lock_family(self, pk: int) -> list[Product]:
        """Lock a product and its variants, in ascending id; the product, the older, is first."""
        return list(
            self.select_for_update(no_key=True).filter(Q(pk=pk) | Q(parent_id=pk)).order_by("pk")
        )


class Product(HasMetadata):
    """One product, or one variant of one: then ``parent`` is the product.

    Only ``catalog.stock.services`` writes ``stock``, each time with a movement. A product that has
    variants is not sold itself and has no stock; ``options`` are the names that customers choose
    by, its ``price`` and ``compare_at_price`` those of its cheapest variant. A variant has its own
    SKU, price, stock and images, and in ``options`` a value for each name. In all else it follows
    its product: name, category and publication are written to both together.
    """

    name = models.CharField(max_length=PRODUCT_NAME_LENGTH)
    slug = models.SlugField(
        max_length=PRODUCT_NAME_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="Its name in links and files.",
    )
    description = models.TextField(blank=True, default="")
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    brand = models.CharField(max_length=BRAND_LENGTH, blank=True, default="", db_default="")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="variants"
    )
    has_variants = models.BooleanField(default=False, db_default=False, editable=False)
    options = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="What to choose by, such as size and colour; of a variant, its values.",
    )
    position = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Of a variant among the others; low comes first."
    )
    sku = models.CharField("SKU", max_length=SKU_LENGTH, blank=True, default="", db_default="")
    price = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=2, help_text="In the shop's currency."
    )
    compare_at_price = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="The price that it is reduced from.",
    )
    stock = models.IntegerField(default=0, help_text="Pieces that may still be sold.")
    backorder = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Sold beyond the stock, which then counts pieces owed.",
    )
    # A column, as no index may be on stock itself: each order would have to write every index anew.
    is_stocked = models.GeneratedField(
        expression=Q(stock__gt=0) | Q(backorder=True),  # type: ignore[arg-type] # it is one
        output_field=models.BooleanField(),
        db_persist=True,
        help_text="May be sold now; of a product with variants its variants' is asked for.",
    )
    low_stock_threshold = models.PositiveIntegerField(
        null=True, blank=True, help_text="On the list of what runs out at so many pieces or fewer."
    )
    is_published = models.BooleanField(default=True, help_text="Customers see it and may buy it.")
    publish_at = models.DateTimeField(
        null=True, blank=True, help_text="Not before; at once if empty."
    )
    archived_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Gone from every read, kept for the books."
    )
    sold = models.IntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Pieces sold in the last 90 days, as last counted.",
    )
    keywords = models.TextField(
        default="",
        db_default="",
        editable=False,
        help_text="Brand, tags, SKUs and options, for the search.",
    )
    changed_in = models.BigIntegerField(
        null=True, editable=False, help_text="The catalogue's revision that changed it last."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(stock__gte=0) | Q(backorder=True), name="product_stock_not_negative"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(
                condition=Q(compare_at_price=None) | Q(compare_at_price__gte=0),
                name="product_compare_at_price_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(has_variants=False) | Q(stock=0, parent=None),
                name="product_with_variants_has_no_stock",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="product_not_its_own_parent"
            ),
            models.UniqueConstraint(
                fields=["sku"],
                condition=Q(archived_at=None) & ~Q(sku=""),
                name="product_sku_unique",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(archived_at=None) & ~Q(slug=""),
                name="product_slug_unique",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | Q(slug="", has_variants=False),
                name="product_variant_is_no_product",
            ),
            models.UniqueConstraint(
                fields=["parent", "options"],
                condition=Q(archived_at=None, parent__isnull=False),
                name="product_variant_unique",
            ),
        ]
        indexes = [
            # GET /api/products/, ?in_stock=: their counts and their pages, in the index alone
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
            # GET /api/products/?category=, ?brand=, ?on_sale=true, ?ordering=; with publish_at, so
            # that a page far down is found in the index alone
            *(
                models.Index(fields=[*fields, "id", "publish_at"], condition=_LISTED, name=name)
                for name, *fields in (
                    ("product_in_category", "category"),
                    ("product_of_brand", "brand"),
                    ("product_by_name", "name"),
                    ("product_by_sold", "sold"),
                )
            ),
            # GET /api/products/?ordering=price; with the category, which sales are on
            models.Index(
                fields=["price", "id", "publish_at", "category"],
                condition=_LISTED,
                name="product_by_price",
            ),
            models.Index(
                fields=["id"],
                condition=_LISTED & Q(compare_at_price__gt=F("price")),
                name="product_reduced",
            ),
            # GET /api/products/low-stock/
            models.Index(
                fields=["id"],
                condition=Q(low_stock_threshold__isnull=False, archived_at=None),
                name="product_stock_watched",
            ),
            # GET /api/products/changes/
            models.Index(fields=["changed_in"], name="product_changed_in"),
            # when cached answers end
            models.Index(
                fields=["publish_at"],
                condition=Q(publish_at__isnull=False),
                name="product_publish_at",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def sees_all_products(user: AbstractUser | AnonymousUser) -> bool:
    """Whether ``sees_all`` of products."""
    return sees_all(user, "product")
