"""Annotations from which the current price of a product is computed."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Now

from catalog.prices.current import Price, Reduction, current_price, price_of
from catalog.prices.models import PriceChange, Sale, SaleQuerySet
from catalog.products.models import Product, ProductQuerySet
from shop.core.json_rows import JSONRows

# The sales and list prices that are read for each product: more than 30 days should have.
_MAX_ROWS = 50


def sales_of() -> SaleQuerySet:
    """Return the sales that have started and apply to the product of the outer query."""
    pk, parent, category = (OuterRef(OuterRef(name)) for name in ("pk", "parent_id", "category_id"))
    by_product = Sale.products.through.objects.filter(
        Q(product_id=pk) | Q(product_id=parent), sale_id=OuterRef("pk")
    )
    by_category = Sale.categories.through.objects.filter(
        sale_id=OuterRef("pk"), category__links_down__category_id=category
    )
    by_collection = Sale.collections.through.objects.filter(
        Q(collection__memberships__product_id=pk) | Q(collection__memberships__product_id=parent),
        sale_id=OuterRef("pk"),
    )
    return Sale.objects.started().filter(
        Exists(by_product) | Exists(by_category) | Exists(by_collection)
    )


def any_active_sale() -> Exists:
    """Return the condition that any sale is active.

    A statement that reads list prices uses it to find out whether it has to read sales as well.
    """
    return Exists(Sale.objects.active())


def active_sales_of(product_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the active sales (kind, value) of products by the products' ids. One statement."""
    active = JSONRows(sales_of().active(), kind=F("kind"), value=_text("value"))
    products = Product.objects.filter(pk__in=product_ids).order_by()
    return dict(products.values_list("pk", active))


def with_prices(products: ProductQuerySet) -> ProductQuerySet:
    """Annotate ``reductions`` and ``price_history``, which ``price_of_row`` needs."""
    begun = sales_of().order_by("-starts_at")
    changes = PriceChange.objects.filter(product_id=OuterRef("pk")).order_by("-pk")
    is_active = Case(When(Q(ends_at=None) | Q(ends_at__gt=Now()), then=Value(1)), default=Value(0))
    return products.annotate(
        reductions=JSONRows(
            begun,
            limit=_MAX_ROWS,
            kind=F("kind"),
            value=_text("value"),
            starts_at=F("starts_at"),
            ends_at=F("ends_at"),
            is_active=is_active,
        ),
        price_history=JSONRows(
            changes, limit=_MAX_ROWS, price=_text("price"), since=F("created_at")
        ),
    )


def price_of_row(product: Any) -> Price:
    """Return the current price of a product that ``with_prices`` annotated."""
    reductions = [
        Reduction(
            kind=row["kind"],
            value=Decimal(row["value"]),
            starts_at=_parse_time(row["starts_at"]),
            ends_at=_parse_time(row["ends_at"]) if row["ends_at"] else None,
            is_active=bool(row["is_active"]),
        )
        for row in product.reductions
    ]
    if not reductions and product.compare_at_price is None:
        return Price(product.price)
    changes = [(_parse_time(row["since"]), Decimal(row["price"])) for row in product.price_history]
    return price_of(product.price, product.compare_at_price, reductions, changes)


def highest_of_row(product: Any, current: Decimal) -> Decimal:
    """Return the current price of the dearest variant; ``current`` is that of the cheapest.

    A sale applies to all variants, and never makes the dearer of two prices the lower one.
    """
    highest = product.highest_price
    if highest is None or highest <= product.price:
        return current
    return current_price(highest, (row for row in product.reductions if row["is_active"]))


def _text(name: str) -> Cast:
    return Cast(name, CharField())


def _parse_time(text: str) -> datetime:
    """Parse a time from JSON. SQLite writes it without a time zone."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
