"""What the change log of products says about sales: of the products that a sale names."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from catalog.history.services import Change, record_changes
from catalog.prices.models import Sale, SaleKind
from shop.core.money import show


def described_products(sale: Sale) -> dict[int, str]:
    """Return the ids of the products that a stored sale names, each with its words about it.

    Products of its categories and collections are not among them: those change without the sale.
    """
    products = sale.products.order_by("pk").values_list("pk", flat=True)
    return dict.fromkeys(products, _words_about(sale))


def record_sale(before: Mapping[int, str], after: Mapping[int, str]) -> None:
    """Record which sale products have now. Needs a transaction."""
    record_changes(_changes(before, after))


def _changes(before: Mapping[int, str], after: Mapping[int, str]) -> Iterator[Change]:
    for product_id in sorted({*before, *after}):
        old, new = before.get(product_id, ""), after.get(product_id, "")
        if old != new:
            yield Change(product_id, "sale", old, new)


def _words_about(sale: Sale) -> str:
    """Return a text such as "Spring: −10 % from 2026-03-01 09:00 until further notice"."""
    is_percent = sale.kind == SaleKind.PERCENT
    value = f"{Decimal(sale.value).normalize():f} %" if is_percent else show(sale.value)
    end = f"until {_time(sale.ends_at)}" if sale.ends_at else "until further notice"
    return f"{sale.name}: −{value} from {_time(sale.starts_at)} {end}"


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
