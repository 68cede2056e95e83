"""The writes of sales and of the price history.

A sale that has started cannot be changed in ways that would alter past prices.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.utils.translation import gettext as _

from catalog import revision
from catalog.categories.errors import CategoryNotFound
from catalog.categories.models import Category
from catalog.collections.errors import CollectionNotFound
from catalog.collections.models import Collection
from catalog.errors import ProductNotFound
from catalog.prices.errors import SaleNotFound, SaleStarted
from catalog.prices.log import described_products, record_sale
from catalog.prices.models import PriceChange, Sale, SaleKind
from catalog.products.models import Product
from shop.core.errors import InvalidField
from shop.core.money import is_payable
from shop.core.transactions import transactional
from shop.engine import Insert

_PRICES = Insert(PriceChange, "product_id", "price")


class SaleDetails(TypedDict, total=False):
    """The optional fields of a sale: its period and its scope."""

    starts_at: datetime
    ends_at: datetime | None
    product_ids: Sequence[int]
    category_ids: Sequence[int]
    collection_ids: Sequence[int]


class SaleChanges(SaleDetails, total=False):
    """The fields of a sale that staff may change."""

    name: str
    kind: SaleKind
    value: Decimal


CHANGEABLE_AFTER_START = frozenset({"name", "ends_at"})


@transactional
def create_sale(
    *, name: str, kind: SaleKind, value: Decimal, **details: Unpack[SaleDetails]
) -> Sale:
    """Create a sale from ``starts_at``, which defaults to now, until ``ends_at``.

    ``value`` is a percentage, or an amount in the shop's currency. A sale cannot start in the past,
    because that would alter past prices. Raises InvalidField, ProductNotFound, CategoryNotFound,
    CollectionNotFound.
    """
    now = _now()
    starts_at = details.get("starts_at", now)
    sale = Sale(
        name=name, kind=kind, value=value, starts_at=starts_at, ends_at=details.get("ends_at")
    )
    if starts_at < now:
        raise InvalidField(field="starts_at", reason=_("A sale cannot start in the past."))
    _check(sale)
    sale.save()
    _set_scope(sale, details)
    record_sale({}, described_products(sale))
    _bump(sale)
    return sale


@transactional
def update_sale(*, sale_id: int, **changes: Unpack[SaleChanges]) -> Sale:
    """Change a sale. Raises SaleNotFound, SaleStarted and the errors of ``create_sale``."""
    sale, now = _lock(sale_id), _now()
    if sale.starts_at <= now:
        ended = sale.ends_at is not None and sale.ends_at <= now
        if not CHANGEABLE_AFTER_START.issuperset(changes) or ("ends_at" in changes and ended):
            raise SaleStarted
        if (end := changes.get("ends_at")) is not None and end < now:
            raise SaleStarted
    elif changes.get("starts_at", now) < now:
        raise InvalidField(field="starts_at", reason=_("A sale cannot start in the past."))
    before = described_products(sale)
    for name, value in changes.items():
        if not name.endswith("_ids"):
            setattr(sale, name, value)
    _check(sale)
    sale.save()
    _set_scope(sale, changes)
    record_sale(before, described_products(sale))
    _bump(sale)
    return sale


@transactional
def end_sale(*, sale_id: int) -> None:
    """End a sale now, or delete it if it has not started.

    Raises SaleNotFound, and SaleStarted if it has already ended.
    """
    sale, now = _lock(sale_id), _now()
    before = described_products(sale)
    if sale.starts_at >= now:
        record_sale(before, {})
        sale.delete()
        revision.bump()
        return
    if sale.ends_at is not None and sale.ends_at <= now:
        raise SaleStarted
    sale.ends_at = now
    sale.save(update_fields=["ends_at"])
    record_sale(before, described_products(sale))
    _bump(sale)


def record_prices(products: Sequence[Product]) -> None:
    """Add the list prices of products to the price history. Needs a transaction."""
    _PRICES.send_with_next((product.pk, product.price) for product in products)


def _bump(sale: Sale) -> None:
    """Bump the revision and mark the sale, whose products the changes feed then contains."""
    revision.bump()
    sale.changed_in = revision.read_revision()[1]
    sale.save(update_fields=["changed_in"])


def _now() -> datetime:
    """Return the database's time. The clocks of workers may differ."""
    return datetime.fromtimestamp(revision.read_revision()[2], UTC)


def _check(sale: Sale) -> None:
    if sale.kind == SaleKind.PERCENT and sale.value > 100:
        raise InvalidField(field="value", reason=_("The value must be at most 100 percent."))
    if sale.kind == SaleKind.FIXED and not is_payable(sale.value):
        raise InvalidField(field="value", reason=_("The currency has no decimals."))
    if sale.ends_at is not None and sale.ends_at <= sale.starts_at:
        raise InvalidField(field="ends_at", reason=_("The sale must end after it starts."))


def _set_scope(sale: Sale, scope: SaleDetails) -> None:
    """Set the scope. Raises ProductNotFound, CategoryNotFound, CollectionNotFound."""
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
    if "collection_ids" in scope:
        collections = set(scope["collection_ids"])
        if Collection.objects.filter(pk__in=collections).count() != len(collections):
            raise CollectionNotFound
        sale.collections.set(collections)


def _lock(sale_id: int) -> Sale:
    try:
        return Sale.objects.select_for_update(no_key=True).get(pk=sale_id)
    except Sale.DoesNotExist:
        raise SaleNotFound from None
