"""The current price in SQL, to filter and to sort by: what ``catalog.prices.current`` works out
for one product, for all of them. In whole cents, which both databases calculate exactly.
"""

from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, DecimalField, ExpressionWrapper, F, Q, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least, Round

from catalog.categories.models import CategoryLink
from catalog.prices.formulas import MOST_CENTS, ActiveSale, highest_price, in_cents, reduced_cents
from catalog.prices.models import Sale
from catalog.products.models import ProductQuerySet

# How many products are looked at for each that is wanted: so a sale of up to two thirds of the shop
# does not widen the range from its upper end.
_LOOKED_AT = 3
_FURTHEST = 1000


def active_sales_now() -> tuple[ActiveSale, ...]:
    """Return the sales that are on. One statement."""
    rows = Sale.objects.active().order_by("pk").values_list("pk", "kind", "value")
    return tuple(ActiveSale(pk, kind, in_cents(value)) for pk, kind, value in rows)


def cents(column: str) -> Any:
    """Return a column of amounts in cents."""
    hundredfold = ExpressionWrapper(F(column) * 100, DecimalField(max_digits=16, decimal_places=2))
    return Cast(Round(hundredfold), BigIntegerField())


def with_price_now(products: ProductQuerySet, sales: tuple[ActiveSale, ...]) -> ProductQuerySet:
    """Add ``cents_now``, the price under these sales."""
    price: Any = cents("price")
    reduced = [
        Case(
            When(_is_of(sale), then=reduced_cents(price, sale)),
            default=price,
            output_field=BigIntegerField(),
        )
        for sale in sales
    ]
    return products.annotate(cents_now=Least(price, *reduced) if reduced else price)


def reduced_only(sales: tuple[ActiveSale, ...]) -> Q:
    """Return the condition that a product shows what its price is reduced from.

    It needs ``cents_now`` where sales are on.
    """
    if not sales:
        return Q(compare_at_price__gt=F("price"))
    return Q(cents_now__lt=Greatest(cents("price"), Coalesce(cents("compare_at_price"), 0)))


def above_cents(products: ProductQuerySet, least: int) -> ProductQuerySet:
    """Leave out by list price, thus by its index, what costs less now than ``least`` for sure."""
    return products.filter(price__gte=_amount(least))


def below_cents(
    products: ProductQuerySet, most: int, sales: tuple[ActiveSale, ...]
) -> ProductQuerySet:
    """Leave out by list price, thus by its index, what costs more now than ``most`` for sure."""
    return products.filter(price__lte=_amount(highest_price(most, sales)))


def first_by_price(
    products: ProductQuerySet, number: int, sales: tuple[ActiveSale, ...], *, descending: bool
) -> ProductQuerySet:
    """Leave out what is not among the first ``number`` products by price now for sure.

    Some are looked at by list price. As many of them as are wanted cost no more than a certain
    price (or, ``descending``, no less), so the first ``number`` of all do neither, whichever they
    are. One statement; none, and all products, where the page is too far down to be worth it.
    """
    if number > _FURTHEST:
        return products
    sign = "-" if descending else ""
    by_list_price = products.order_by(f"{sign}price", f"{sign}pk")
    looked_at = by_list_price.values_list(F("cents_now"), flat=True)[: number * _LOOKED_AT]
    prices = sorted(looked_at, reverse=descending)
    if len(prices) < number:
        return products
    last = prices[number - 1]
    return above_cents(products, last) if descending else below_cents(products, last, sales)


def _amount(number: int) -> Decimal:
    """Return cents as an amount that the column of prices takes."""
    return Decimal(min(max(number, 0), MOST_CENTS)) / 100


def _is_of(sale: ActiveSale) -> Q:
    """Return the condition that a listed product is in a sale, or its category is, at any depth."""
    products = Sale.products.through.objects.filter(sale_id=sale.pk).values("product_id")
    below = CategoryLink.objects.filter(above__sales=sale.pk).values("category_id")
    return Q(pk__in=products) | Q(category_id__in=below)
