"""Short ways to write carts and configurations."""

from datetime import UTC, datetime
from decimal import Decimal

from cart.pricing import (
    Configuration,
    Context,
    Destination,
    Item,
    Method,
    PricingSettings,
    Promotion,
    Rate,
    TaxRate,
    TaxTable,
    Voucher,
    price,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BERLIN = Destination("DE", "10115")
PARIS = Destination("FR", "75001")


def item(pk, unit_price, quantity=1, **values):
    values.setdefault("regular_unit_price", Decimal(unit_price))
    return Item(pk, f"p{pk}", quantity, Decimal(unit_price), **values)


def promotion(kind, value="0", pk=1, **values):
    return Promotion(pk, values.pop("name", f"promotion {pk}"), kind, Decimal(value), **values)


def voucher(kind, value="0", code="CODE", **values):
    return Voucher(code, promotion(kind, value, pk=values.pop("pk", 100), **values))


def method(code, *rates, **values):
    rates = [Rate(Decimal(rate)) if isinstance(rate, str) else rate for rate in rates]
    return Method(code, code.title(), "delivery", tuple(rates), **values)


def taxes(*rates, shipping=None):
    """Return a table of texts such as ``DE 19`` (standard) and ``DE reduced 7``."""
    table = {}
    for country, *tax_class, rate in (text.split() for text in rates):
        name = tax_class[0] if tax_class else ""
        table[country, "", name] = TaxRate(country, Decimal(rate), "VAT", name)
    return TaxTable(table, shipping or {})


def cost(
    items,
    *,
    promotions=(),
    methods=(),
    table=None,
    rules=None,
    context=None,
    **settings,
):
    """Price items by a configuration of these parts. ``context`` has members of ``Context``."""
    settings.setdefault("home_country", "DE")
    configuration = Configuration(
        PricingSettings(**settings),
        tuple(promotions),
        tuple(methods),
        table if table is not None else TaxTable(),
        rules=rules or {},
    )
    totals = price(items, Context(configuration, **{"now": NOW} | (context or {})))
    check(totals)
    return totals


def check(totals):
    """Check what holds for every cart."""
    added = Decimal(0) if totals.prices_include_tax else totals.tax_total
    items = totals.subtotal - totals.discount_total
    assert totals.total == items + totals.shipping_total + totals.fee_total + added
    assert totals.subtotal == sum(line.line_subtotal for line in totals.items)
    assert totals.discount_total == sum(line.discount for line in totals.items)
    assert all(0 <= line.discount <= line.line_subtotal for line in totals.items)
    for discount in totals.discounts:
        assert discount.amount == sum(part.amount for part in discount.allocations) > 0
    assert totals.tax_total == sum(row.amount for row in totals.taxes)
    on_targets = sum(line.tax for line in totals.items) + totals.shipping_tax + totals.fee_tax
    assert totals.tax_total == on_targets


def texts(*amounts):
    return [str(amount) for amount in amounts]


def shares(discount):
    """Return the allocations of a discount: its amount by product id."""
    return {part.product_id: str(part.amount) for part in discount.allocations}
