"""Rows of the configuration as pricing needs them, in a language of the shop."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from cart import pricing as priced
from cart.promotions.models import Promotion, PromotionScope
from cart.shipping.models import ShippingMethod, ShippingRate
from cart.taxes.models import ShippingTax, TaxRate
from shop.core.translations import translated

_NO_PRODUCT = frozenset({0})
"""A selection that contains nothing: no product has this id."""


def promotion_of(row: Promotion, language: str = "") -> priced.Promotion:
    """Return a row as pricing needs it, in a language. Reads its selection unless prefetched."""
    products = frozenset(product.pk for product in row.products.all())
    categories = frozenset(category.pk for category in row.categories.all())
    collections = frozenset(collection.pk for collection in row.collections.all())
    if row.scope == PromotionScope.CART:
        products = categories = collections = frozenset()
    elif not (products or categories or collections):
        products = _NO_PRODUCT
    return priced.Promotion(
        id=row.pk,
        name=_name(row, language),
        kind=row.kind,
        value=row.value or Decimal(0),
        buy_quantity=row.buy_quantity or 0,
        free_quantity=row.free_quantity or 0,
        product_ids=products,
        category_ids=categories,
        collection_ids=collections,
        minimum_total=row.minimum_total,
        minimum_quantity=row.minimum_quantity,
        first_order_only=row.first_order_only,
        is_limited=row.max_uses is not None or row.max_uses_per_customer is not None,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
    )


def method_of(row: ShippingMethod, rates: Sequence[ShippingRate], language: str) -> priced.Method:
    """Return a method with those of the ``rates`` that are its own, in a language."""
    return priced.Method(
        code=row.code,
        name=_name(row, language),
        type=row.type,
        rates=tuple(_rate(rate) for rate in rates if rate.method_id == row.pk),
        days_min=row.earliest_days,
        days_max=row.latest_days,
        tax_class=row.tax_class.code if row.tax_class else "",
        free_from=row.free_from,
    )


def _rate(row: ShippingRate) -> priced.Rate:
    return priced.Rate(
        price=row.price,
        countries=frozenset(row.countries),
        regions=frozenset(row.regions),
        postal_prefixes=tuple(row.postal_prefixes),
        total_from=row.total_from,
        total_below=row.total_below,
        weight_from=row.weight_from,
        weight_below=row.weight_below,
    )


def tax_table(
    rates: Sequence[TaxRate], shipping: Sequence[ShippingTax], *, on: date, language: str = ""
) -> priced.TaxTable:
    """Return the rates that are valid on a day, with their names in a language.

    ``rates`` are ordered by their first days.
    """
    return priced.TaxTable(
        rates={
            (row.country, row.region, row.tax_class.code if row.tax_class else ""): priced.TaxRate(
                country=row.country,
                rate=row.rate,
                name=_name(row, language),
                tax_class=row.tax_class.code if row.tax_class else "",
                region=row.region,
                reason=row.reason,
            )
            for row in rates
            if row.valid_from <= on
        },
        shipping={row.country: row.rule for row in shipping},  # type: ignore[misc]
    )


def _name(row: Promotion | ShippingMethod | TaxRate, language: str) -> str:
    return translated(row.translations, language, "name", row.name)
