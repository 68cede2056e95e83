"""The price of products as their rows carry it: annotations, and the price worked out of them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Now

from catalog.prices.current import Price, Reduction, price_of
from catalog.prices.models import PriceChange, Sale, SaleQuerySet
from catalog.products.models import Product, ProductQuerySet
from shop.core.json_rows import JSONRows

# More than a product has in the weeks that count.
_PRICES = 50


def sales_of() -> SaleQuerySet:
    """Return the sales that have begun and lower the outer query's product."""
    pk, parent, category = (OuterRef(OuterRef(name)) for name in ("pk", "parent_id", "category_id"))
    by_product = Sale.products.through.objects.filter(
        Q(product_id=pk) | Q(product_id=parent), sale_id=OuterRef("pk")
    )
    by_category = Sale.categories.through.objects.filter(
        sale_id=OuterRef("pk"), category__links_down__category_id=category
    )
    return Sale.objects.begun().filter(Exists(by_product) | Exists(by_category))


def any_sale() -> Exists:
    """Whether any sale is on: what a statement asks in passing that knows prices but no sales."""
    return Exists(Sale.objects.active())


def sales_on(product_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the sales of now that lower products, by the products' ids; one statement."""
    active = JSONRows(sales_of().active(), kind=F("kind"), value=_text("value"))
    products = Product.objects.filter(pk__in=product_ids).order_by()
    return dict(products.values_list("pk", active))


def with_prices(products: ProductQuerySet) -> ProductQuerySet:
    """Add ``reductions`` and ``prices_had``, which ``price_of_row`` reads."""
    begun = sales_of().order_by("-starts_at")
    changes = PriceChange.objects.filter(product_id=OuterRef("pk")).order_by("-pk")
    is_active = Case(When(Q(ends_at=None) | Q(ends_at__gt=Now()), then=Value(1)), default=Value(0))
    return products.annotate(
        reductions=JSONRows(
            begun,
            limit=_PRICES,
            kind=F("kind"),
            value=_text("value"),
            starts_at=F("starts_at"),
            ends_at=F("ends_at"),
            is_active=is_active,
        ),
        prices_had=JSONRows(changes, limit=_PRICES, price=_text("price"), since=F("created_at")),
    )


def price_of_row(product: Any) -> Price:
    """Return the price now of a product that ``with_prices`` read."""
    reductions = [
        Reduction(
            kind=row["kind"],
            value=Decimal(row["value"]),
            starts_at=_instant(row["starts_at"]),
            ends_at=_instant(row["ends_at"]) if row["ends_at"] else None,
            is_active=bool(row["is_active"]),
        )
        for row in product.reductions
    ]
    if not reductions and product.compare_at_price is None:
        return Price(product.price)
    changes = [(_instant(row["since"]), Decimal(row["price"])) for row in product.prices_had]
    return price_of(product.price, product.compare_at_price, reductions, changes)


def _text(name: str) -> Cast:
    return Cast(name, CharField())


def _instant(text: str) -> datetime:
    """Read a time as either database writes it into JSON."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
