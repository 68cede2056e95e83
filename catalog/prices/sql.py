"""The current price in SQL, for filters and sort orders.

It equals that of ``catalog.prices.current``. It is in whole cents, with which both databases
calculate exactly.
"""

from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Least, Round

from catalog.categories.models import CategoryLink
from catalog.collections.models import CollectionProduct
from catalog.prices.formulas import (
    MAX_CENTS,
    ActiveSale,
    highest_list_price,
    in_cents,
    reduced_cents,
)
from catalog.prices.models import Sale
from catalog.products.models import ProductQuerySet

# narrow_to_first reads this many candidates for each product of the result. With three, a sale on
# up to two thirds of the products does not widen the price range.
_CANDIDATES = 3
_MAX_NARROWED = 1000


def read_active_sales() -> tuple[ActiveSale, ...]:
    """Return the active sales. One statement."""
    rows = Sale.objects.active().order_by("pk").values_list("pk", "kind", "value")
    return tuple(ActiveSale(pk, kind, in_cents(value)) for pk, kind, value in rows)


def cents(column: str) -> Any:
    """Return the expression of a column of amounts in cents."""
    hundredfold = ExpressionWrapper(F(column) * 100, DecimalField(max_digits=16, decimal_places=2))
    return Cast(Round(hundredfold), BigIntegerField())


def with_current_price(
    products: ProductQuerySet, sales: tuple[ActiveSale, ...], *, product: str = "pk"
) -> ProductQuerySet:
    """Annotate ``current_cents``, the price in cents under these sales.

    ``product`` is the column with the id of the product: ``parent_id`` if they are variants.
    """
    return products.annotate(current_cents=_current_cents("price", sales, product))


def with_highest_price(products: ProductQuerySet, sales: tuple[ActiveSale, ...]) -> ProductQuerySet:
    """Annotate ``highest_cents``, that of the dearest variant; NULL unless variants differ."""
    return products.annotate(
        highest_cents=Case(
            When(highest_price__isnull=False, then=_current_cents("highest_price", sales, "pk")),
            output_field=BigIntegerField(),
        )
    )


def _current_cents(column: str, sales: tuple[ActiveSale, ...], product: str) -> Any:
    price: Any = cents(column)
    reduced = [
        Case(
            When(_is_in_sale(sale, product), then=reduced_cents(price, sale)),
            default=price,
            output_field=BigIntegerField(),
        )
        for sale in sales
    ]
    return Least(price, *reduced) if reduced else price


def is_reduced(sales: tuple[ActiveSale, ...]) -> Q:
    """Return the condition that a product's price is reduced.

    It needs the annotation ``current_cents`` if there are sales.
    """
    if not sales:
        return Q(compare_at_price__gt=F("price"))
    return Q(current_cents__lt=Greatest(cents("price"), Coalesce(cents("compare_at_price"), 0)))


def from_cents(products: ProductQuerySet, least: int) -> ProductQuerySet:
    """Exclude products that cost less than ``least`` for certain, using the index on list prices.

    Products with higher list prices may still have lower current prices.
    """
    return products.filter(price__gte=_amount(least))


def up_to_cents(
    products: ProductQuerySet, most: int, sales: tuple[ActiveSale, ...]
) -> ProductQuerySet:
    """Exclude products that cost more than ``most`` for certain, using the index on list prices."""
    return products.filter(price__lte=_amount(highest_list_price(most, sales)))


def narrow_to_first(
    products: ProductQuerySet, number: int, sales: tuple[ActiveSale, ...], *, descending: bool
) -> ProductQuerySet:
    """Exclude products that are certainly not among the first ``number`` by current price.

    One statement reads the current prices of some candidates, which are the first products by list
    price. If ``number`` of them cost at most a certain price, so do the first ``number`` of all
    products. (With ``descending``, at least.) Returns all products if ``number`` is too large.
    """
    if number > _MAX_NARROWED:
        return products
    sign = "-" if descending else ""
    by_list_price = products.order_by(f"{sign}price", f"{sign}pk")
    candidates = by_list_price.values_list(F("current_cents"), flat=True)[: number * _CANDIDATES]
    prices = sorted(candidates, reverse=descending)
    if len(prices) < number:
        return products
    last = prices[number - 1]
    return from_cents(products, last) if descending else up_to_cents(products, last, sales)


def _amount(number: int) -> Decimal:
    """Return cents as an amount, limited to the range of the column."""
    return Decimal(min(max(number, 0), MAX_CENTS)) / 100


def _is_in_sale(sale: ActiveSale, product: str) -> Q:
    """Return the condition that a sale contains a product, a collection or a category of it."""
    products = Sale.products.through.objects.filter(sale_id=sale.pk, product_id=OuterRef(product))
    links = CategoryLink.objects.filter(above__sales=sale.pk, category_id=OuterRef("category_id"))
    members = CollectionProduct.objects.filter(
        collection__sales=sale.pk, product_id=OuterRef(product)
    )
    return Q(Exists(products)) | Q(Exists(links)) | Q(Exists(members))
