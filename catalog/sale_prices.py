"""The price of today in SQL, to filter and to order by: what ``catalog.pricing`` works out of one
product, of all. In whole cents, which both databases reckon exactly.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, DecimalField, ExpressionWrapper, F, Q, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least, Round

from catalog.models import CategoryLink, ProductQuerySet, Sale, SaleKind
from shop.core.money import MAX_AMOUNT

_MOST = int(MAX_AMOUNT * 100)
# How many products are looked at for each that is wanted: so a sale of up to two thirds of the shop
# does not widen the range from its upper end.
_LOOKED_AT = 3
_FURTHEST = 1000


@dataclass(frozen=True, slots=True)
class ActiveSale:
    """A sale that is on; ``value`` in hundredths of a percent, or in cents."""

    pk: int
    kind: str
    value: int


def active_sales_now() -> tuple[ActiveSale, ...]:
    """Return the sales that are on. One statement."""
    rows = Sale.objects.active().order_by("pk").values_list("pk", "kind", "value")
    return tuple(ActiveSale(pk, kind, in_cents(value)) for pk, kind, value in rows)


def in_cents(amount: Decimal) -> int:
    """Return an amount of two decimals as a whole number of cents."""
    return int(amount * 100)


def cents(column: str) -> Any:
    """Return a column of amounts in cents."""
    hundredfold = ExpressionWrapper(F(column) * 100, DecimalField(max_digits=16, decimal_places=2))
    return Cast(Round(hundredfold), BigIntegerField())


def with_price_now(products: ProductQuerySet, sales: tuple[ActiveSale, ...]) -> ProductQuerySet:
    """Add ``cents_now``, the price under these sales."""
    price: Any = cents("price")
    reduced = [_reduced(price, sale) for sale in sales]
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


def highest_price(most: int, sales: tuple[ActiveSale, ...]) -> int:
    """Return the highest list price that may be ``most`` or less under these sales, in cents."""
    return max(most, *(_highest(most, sale) for sale in sales))


def _highest(most: int, sale: ActiveSale) -> int:
    """Return the highest list price of which ``_reduced`` makes ``most`` or less."""
    if sale.kind == SaleKind.FIXED:
        return most + sale.value
    rest = 10_000 - sale.value
    return (10_000 * (most + 1) - 5_001) // rest if rest else _MOST


def _amount(number: int) -> Decimal:
    """Return cents as an amount that the column of prices takes."""
    return Decimal(min(max(number, 0), _MOST)) / 100


def _reduced(price: Any, sale: ActiveSale) -> Any:
    """Return the price under one sale, for products that it is not of the price as it is."""
    if sale.kind == SaleKind.PERCENT:
        lower: Any = (price * (10_000 - sale.value) + 5_000) / 10_000  # half a cent up
    else:
        lower = Greatest(price - sale.value, 0)
    lower = ExpressionWrapper(lower, BigIntegerField())
    return Case(When(_is_of(sale), then=lower), default=price, output_field=BigIntegerField())


def _is_of(sale: ActiveSale) -> Q:
    """Return the condition that a listed product is in a sale, or its category is, at any depth."""
    products = Sale.products.through.objects.filter(sale_id=sale.pk).values("product_id")
    below = CategoryLink.objects.filter(above__sales=sale.pk).values("category_id")
    return Q(pk__in=products) | Q(category_id__in=below)
