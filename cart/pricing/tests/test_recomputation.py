"""Pricing against a second computation, with random carts.

``make carts`` compares 10,000 carts. SEED chooses others.
"""

import os
from datetime import timedelta
from decimal import Decimal
from random import Random

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
    VoucherReason,
    explain,
    price,
)
from cart.pricing.tests.carts import NOW, check
from shop.testing.marks import on_one_database
from shop.testing.recomputation.algorithm import Recomputation
from shop.testing.recomputation.carts import random_cart

pytestmark = on_one_database

CARTS = int(os.environ.get("CARTS", "500"))
SEED = os.environ.get("SEED", "1")


def test_totals_equal_an_independent_recomputation():
    random = Random(SEED)
    for number in range(CARTS):
        case = random_cart(random)
        found = priced(case)
        expected = Recomputation(case).result()
        different = {
            key: (found[key], expected[key]) for key in found if found[key] != expected[key]
        }
        assert not different, f"cart {number} of seed {SEED}: {different}\n{case}"


def priced(case):
    """Return the result of ``cart.pricing`` in the form of the recomputation."""
    exponent = case["exponent"]
    totals = price(items(case), context(case))
    check(totals)
    assert (explain(totals)[-1].total, len(totals.items)) == (totals.total, len(case["items"]))

    def units(amount):
        assert amount.as_tuple().exponent == -exponent
        return int(amount.scaleb(exponent))

    return {
        "unit_prices": {line.product_id: units(line.unit_price) for line in totals.items},
        "regular_prices": {i.product_id: units(i.regular_unit_price) for i in totals.items},
        "discounts": [discount_of(discount, units) for discount in totals.discounts],
        "vouchers": [voucher_of(voucher, units) for voucher in totals.vouchers],
        "offered": [(one.code, units(one.price)) for one in totals.shipping_methods],
        "selected": totals.shipping_method.code if totals.shipping_method else None,
        "rows": sorted((row_of(row, units) for row in totals.taxes), reverse=True),
        "taxes": taxes_of(totals, units),
        "gross": totals.prices_include_tax,
    } | {name: units(getattr(totals, name)) for name in AMOUNTS}


AMOUNTS = (
    "subtotal",
    "discount_total",
    "shipping_price",
    "shipping_total",
    "fee_total",
    "tax_total",
    "total",
)


def discount_of(discount, units):
    parts = {part.product_id: units(part.amount) for part in discount.allocations}
    return {"id": discount.promotion_id, "code": discount.code, "parts": parts}


def voucher_of(voucher, units):
    facts = None
    if voucher.missing is not None:
        facts = units(voucher.missing)
    elif voucher.reason == VoucherReason.NOT_COMBINABLE:
        facts = voucher.combined_with
    elif voucher.missing_quantity is not None:
        facts = voucher.missing_quantity
    return (voucher.code, voucher.reason, facts)


def row_of(row, units):
    rate = int(row.rate * 100)
    return (rate, row.country, row.region, row.reason, units(row.base), units(row.amount))


def taxes_of(totals, units):
    if not totals.taxes:
        return {}
    taxes = {line.product_id: units(line.tax) for line in totals.items}
    if totals.shipping_total:
        taxes["shipping"] = units(totals.shipping_tax)
    if totals.fee_total:
        taxes["fee"] = units(totals.fee_tax)
    return taxes


# -- From the case to the values of ``cart.pricing`` ---------------------------------------------


def money(case, units):
    return None if units is None else Decimal(units).scaleb(-case["exponent"])


def items(case):
    return [
        Item(
            product_id=one["id"],
            name=f"p{one['id']}",
            quantity=one["quantity"],
            unit_price=money(case, one["price"]),
            regular_unit_price=money(case, one["regular"]),
            tax_class=one["tax_class"],
            weight=one["weight"],
            requires_shipping=one["ships"],
            category_ids=frozenset(one["categories"]),
            parent_id=one["parent"],
        )
        for one in case["items"]
    ]


def context(case):
    place = case["destination"]
    return Context(
        configuration(case),
        NOW,
        Destination(place["country"], place["postal_code"], place["region"]) if place else None,
        case["chosen"],
        tuple(voucher(case, one) for one in case["vouchers"]),
        case["first_order"],
        money(case, case["fee"]),
        case["reverse_charge"],
    )


def configuration(case):
    settings = PricingSettings(
        exponent=case["exponent"],
        prices_include_tax=case["gross"],
        tax_rounding=case["rounding"],
        prices_abroad=case["abroad"],
        home_country=case["home"],
        vouchers_at_once=case["vouchers_at_once"],
        require_shipping=case["require_shipping"],
    )
    rates = {
        (country, region, name): TaxRate(country, Decimal(rate) / 100, "VAT", name, region)
        for country, region, name, rate in case["tax_rates"]
    }
    return Configuration(
        settings,
        tuple(promotion(case, one) for one in case["promotions"]),
        tuple(method(case, one) for one in case["methods"]),
        TaxTable(rates, case["shipping_tax"]),
    )


def promotion(case, one):
    is_percent = one["kind"] == "percent"
    return Promotion(
        id=one["id"],
        name=f"promotion {one['id']}",
        kind=one["kind"],
        value=Decimal(one["value"]) / 100 if is_percent else money(case, one["value"]),
        buy_quantity=one["buy"],
        free_quantity=one["free"],
        product_ids=frozenset(one["products"]),
        category_ids=frozenset(one["categories"]),
        minimum_total=money(case, one["minimum_total"]),
        minimum_quantity=one["minimum_quantity"],
        first_order_only=one["first_order"],
        starts_on=day(one["starts"]),
        ends_on=day(one["ends"]),
    )


def day(offset):
    return None if offset is None else (NOW + timedelta(days=offset)).date()


def voucher(case, one):
    return Voucher(
        one["code"],
        promotion(case, one["promotion"]) if one["promotion"] else None,
        VoucherReason(one["reason"]) if one["reason"] else None,
    )


def method(case, one):
    rates = [
        Rate(
            money(case, rate["price"]),
            frozenset(rate["countries"]),
            frozenset(rate["regions"]),
            tuple(rate["prefixes"]),
            money(case, rate["total_from"]),
            money(case, rate["total_below"]),
            rate["weight_from"],
            rate["weight_below"],
        )
        for rate in one["rates"]
    ]
    return Method(
        one["code"],
        one["code"],
        "delivery",
        tuple(rates),
        tax_class=one["tax_class"],
        free_from=money(case, one["free_from"]),
    )
