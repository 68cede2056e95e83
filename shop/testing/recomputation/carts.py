"""Random carts with a random configuration, as plain dictionaries.

Amounts are in the smallest unit of the currency, percentages in hundredths of a percent, days are
counted from today. Numbers are drawn so that ties, halves and empty results are frequent.
"""

from random import Random
from typing import Any

Case = dict[str, Any]

CLASSES = ("", "", "reduced", "zero")
COUNTRIES = ("DE", "FR", "US", "CH")
REGIONS = {"US": ("CA", "NY", ""), "DE": ("",), "FR": ("",), "CH": ("",)}
POSTAL_CODES = {"DE": ("10115", "1 01-17", "80331", ""), "FR": ("75001",), "US": ("94103",)}
PREFIXES = ("1", "10", "101", "1011", "8", "9", "94", "75")
PERCENTS = (0, 100, 250, 333, 1000, 1500, 2500, 3333, 5000, 9999, 10000)
TAX_RATES = (0, 260, 500, 550, 700, 725, 810, 1000, 1900, 2000, 2100)
SHIPPING_TAXES = ("class", "proportional", "highest", "none")


def random_cart(random: Random) -> Case:
    """Return a cart, its configuration and its context."""
    destination = _destination(random)
    has_taxes = random.random() < 0.85
    return {
        "exponent": random.choice((0, 2)),
        "gross": random.random() < 0.5,
        "rounding": random.choice(("rate", "item")),
        "abroad": random.choice(("keep", "restate")),
        "home": random.choice(("DE", "DE", "CH")),
        "vouchers_at_once": random.choice((1, 1, 2, 3)),
        "require_shipping": random.random() < 0.2,
        "items": _items(random),
        "promotions": [_promotion(random, pk) for pk in range(random.choice((0, 0, 1, 2, 3)))],
        "vouchers": [_voucher(random, pk) for pk in range(random.choice((0, 0, 1, 1, 2, 3)))],
        "methods": [_method(random, pk) for pk in range(random.choice((0, 1, 2, 3, 3)))],
        "tax_rates": _tax_rates(random) if has_taxes else [],
        "shipping_tax": {country: random.choice(SHIPPING_TAXES) for country in COUNTRIES[:3]},
        "destination": destination,
        "chosen": random.choice(("", "", "", "", "m0", "m1")),
        "fee": random.choice((0, 0, 100, 199)),
        "first_order": random.choice((True, False, None)),
        "reverse_charge": random.random() < 0.1,
    }


def _destination(random: Random) -> dict[str, str] | None:
    if random.random() < 0.15:
        return None
    country = random.choice(COUNTRIES)
    return {
        "country": country,
        "region": random.choice(REGIONS[country]),
        "postal_code": random.choice(POSTAL_CODES.get(country, ("3000",))),
    }


def _price(random: Random) -> int:
    kind = random.random()
    if kind < 0.3:
        return random.randint(0, 12)
    if kind < 0.95:
        return random.choice(
            (33, 99, 100, 333, 495, 999, 1000, 1190, 1999, random.randint(1, 9999))
        )
    return random.randint(1, 10**10)


def _items(random: Random) -> list[Case]:
    ids = random.sample(range(1, 30), random.choice((1, 1, 2, 3, 4, 6)))
    shared = _price(random)
    items = []
    for pk in ids:
        price = shared if random.random() < 0.3 else _price(random)
        items.append(
            {
                "id": pk,
                "quantity": random.choice((1, 1, 2, 3, 4, 7, 40)),
                "price": price,
                "regular": price + random.choice((0, 0, 1, 500)),
                "tax_class": random.choice(CLASSES),
                "weight": random.choice((0, 250, 500, 999)),
                "ships": random.random() < 0.8,
                "categories": random.sample(range(1, 5), random.choice((0, 1, 2))),
                "parent": random.choice((None, None, 100 + pk % 3)),
            }
        )
    return items


def _promotion(random: Random, pk: int) -> Case:
    kind = random.choice(
        ("percent", "percent", "fixed_amount", "fixed_price", "buy_x_get_y", "free_shipping")
    )
    is_scoped = random.random() < 0.4
    value = random.choice(PERCENTS[1:]) if kind == "percent" else _price(random)
    return {
        "id": pk + 1,
        "kind": kind,
        "value": value,
        "buy": random.choice((1, 2, 3)),
        "free": random.choice((1, 1, 2)),
        "products": [*random.sample(range(1, 30), 8), 101] if is_scoped else [],
        "categories": random.sample(range(1, 5), 2) if is_scoped else [],
        "minimum_total": random.choice((None, None, None, 99, 999, 1190, 3000, 20000)),
        "minimum_quantity": random.choice((None, None, None, 2, 5)),
        "first_order": random.random() < 0.1,
        "starts": random.choice((None, None, -1, 0, 1)) if random.random() < 0.3 else None,
        "ends": random.choice((None, 0, -1, 1)) if random.random() < 0.3 else None,
    }


def _voucher(random: Random, pk: int) -> Case:
    reason = random.choice(("used_up", "not_for_you")) if random.random() < 0.1 else None
    promotion = None if random.random() < 0.1 else _promotion(random, 100 + pk)
    return {"code": f"CODE{pk}", "promotion": promotion, "reason": reason}


def _method(random: Random, pk: int) -> Case:
    return {
        "code": f"m{pk}",
        "tax_class": random.choice(CLASSES),
        "free_from": random.choice((None, None, None, None, 0, 2000, 5000, 20000)),
        "rates": [_rate(random) for _ in range(random.choice((1, 2, 3, 5)))],
    }


def _rate(random: Random) -> Case:
    countries = random.choice((["DE"], ["FR", "US"], ["DE", "FR", "CH"], [], [], []))
    totals = random.choice(((None, None),) * 4 + ((None, 3000), (3000, 10000)))
    weights = random.choice(((None, None),) * 4 + ((None, 1000), (1000, None)))
    return {
        "price": random.choice((0, 199, 490, 490, 499, 1190, 2500)),
        "countries": countries,
        "regions": ["CA"] if "US" in countries and random.random() < 0.3 else [],
        "prefixes": random.sample(PREFIXES, 2) if countries and random.random() < 0.4 else [],
        "total_from": totals[0],
        "total_below": totals[1],
        "weight_from": weights[0],
        "weight_below": weights[1],
    }


def _tax_rates(random: Random) -> list[tuple[str, str, str, int]]:
    rates = []
    for country, region in (("DE", ""), ("FR", ""), ("US", ""), ("US", "CA"), ("CH", "")):
        for tax_class in ("", "reduced", "zero"):
            if random.random() < 0.75:
                rate = 0 if tax_class == "zero" else random.choice(TAX_RATES)
                rates.append((country, region, tax_class, rate))
    return rates
