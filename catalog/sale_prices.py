"""The price of today in SQL, to filter and to order by: what ``catalog.pricing`` works out of one
product, of all. In whole cents, which both databases reckon exactly.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, DecimalField, ExpressionWrapper, F, Q, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least, Round

from catalog.models import CategoryLink, ProductQuerySet, Sale, SaleKind


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
