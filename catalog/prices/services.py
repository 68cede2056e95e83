"""Every write of sales. Once begun, what a sale did to prices is history and stays."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from catalog import revision
from catalog.categories.errors import CategoryNotFound
from catalog.categories.models import Category
from catalog.errors import ProductNotFound
from catalog.prices.errors import SaleBegun, SaleNotFound
from catalog.prices.models import PriceChange, Sale, SaleKind
from catalog.products.models import Product
from shop.core.errors import InvalidField
from shop.core.transactions import transactional


class SaleDetails(TypedDict, total=False):
    """When a sale is, and what it is of."""

    starts_at: datetime
    ends_at: datetime | None
    product_ids: Sequence[int]
    category_ids: Sequence[int]


class SaleChanges(SaleDetails, total=False):
    """What staff may change of a sale; of one that has begun the name and the end alone."""

    name: str
    kind: SaleKind
    value: Decimal


_AFTER_THE_BEGINNING = frozenset({"name", "ends_at"})


@transactional
def create_sale(
    *, name: str, kind: SaleKind, value: Decimal, **details: Unpack[SaleDetails]
) -> Sale:
    """Lower prices from ``starts_at`` (now unless given) until ``ends_at``.

    ``value`` is percent, or an amount in the shop's currency. A sale cannot begin in the past,
    which would rewrite the lowest prices of 30 days. Raises InvalidField, ProductNotFound,
    CategoryNotFound.
    """
    now = _now()
    starts_at = details.get("starts_at", now)
    sale = Sale(
        name=name, kind=kind, value=value, starts_at=starts_at, ends_at=details.get("ends_at")
    )
    if starts_at < now:
        raise InvalidField(field="starts_at", reason="A sale begins now or later.")
    _check(sale)
    sale.save()
    _set_scope(sale, details)
    _bump(sale)
    return sale


@transactional
def update_sale(*, sale_id: int, **changes: Unpack[SaleChanges]) -> Sale:
    """Change a sale. Raises SaleNotFound, SaleBegun, InvalidField and what ``create_sale`` does."""
    sale, now = _lock(sale_id), _now()
    if sale.starts_at <= now:
        ended = sale.ends_at is not None and sale.ends_at <= now
        if not _AFTER_THE_BEGINNING.issuperset(changes) or ("ends_at" in changes and ended):
            raise SaleBegun
        if (end := changes.get("ends_at")) is not None and end < now:
            raise SaleBegun
    elif changes.get("starts_at", now) < now:
        raise InvalidField(field="starts_at", reason="A sale begins now or later.")
    for name, value in changes.items():
        if not name.endswith("_ids"):
            setattr(sale, name, value)
    _check(sale)
    sale.save()
    _set_scope(sale, changes)
    _bump(sale)
    return sale


@transactional
def end_sale(*, sale_id: int) -> None:
    """End a sale now; one that has not begun is deleted. Raises SaleNotFound, SaleBegun (ended)."""
    sale, now = _lock(sale_id), _now()
    if sale.starts_at >= now:
        sale.delete()
        revision.bump()
        return
    if sale.ends_at is not None and sale.ends_at <= now:
        raise SaleBegun
    sale.ends_at = now
    sale.save(update_fields=["ends_at"])
    _bump(sale)


def record_prices(products: Sequence[Product]) -> None:
    """Add the products' list prices to their price history. Needs the caller's transaction."""
    PriceChange.objects.bulk_create(
        PriceChange(product=product, price=product.price) for product in products
    )


def _bump(sale: Sale) -> None:
    """Bump the revision, and let the feed of changes find what the sale is of."""
    revision.bump()
    sale.changed_in = revision.instant()[1]
    sale.save(update_fields=["changed_in"])


def _now() -> datetime:
    """Return the database's time: workers' clocks decide nothing."""
    return datetime.fromtimestamp(revision.instant()[2], UTC)


def _check(sale: Sale) -> None:
    if sale.kind == SaleKind.PERCENT and sale.value > 100:
        raise InvalidField(field="value", reason="A sale takes at most 100 percent off.")
    if sale.ends_at is not None and sale.ends_at <= sale.starts_at:
        raise InvalidField(field="ends_at", reason="A sale ends after it begins.")


def _set_scope(sale: Sale, scope: SaleDetails) -> None:
    """Set what the sale is of: products (with their variants), and categories with all below."""
    if "product_ids" in scope:
        products = set(scope["product_ids"])
        found = Product.objects.not_archived().listed().filter(pk__in=products)
        if found.count() != len(products):
            raise ProductNotFound
        sale.products.set(products)
    if "category_ids" in scope:
        categories = set(scope["category_ids"])
        if Category.objects.filter(pk__in=categories).count() != len(categories):
            raise CategoryNotFound
        sale.categories.set(categories)


def _lock(sale_id: int) -> Sale:
    try:
        return Sale.objects.select_for_update(no_key=True).get(pk=sale_id)
    except Sale.DoesNotExist:
        raise SaleNotFound from None
