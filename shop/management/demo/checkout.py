"""The demo shop's shipping methods, tax rates, promotion and voucher.

They change no price of a plain cart: prices include tax, the promotion has a minimum total, and
shipping needs an address.
"""

from decimal import Decimal
from pathlib import Path

from cart.models import Promotion, ShippingMethod, ShippingRate, ShippingTax, TaxRate, Voucher
from cart.promotions.models import PromotionKind
from cart.shipping.models import ShippingType
from cart.taxes.loader import load_tax_rates
from cart.taxes.models import ShippingTaxRule
from shop.core.money import quantize
from shop.core.transactions import transactional, wait_for_turn
from shop.management.demo.german import german

METHODS = (
    # code, name, type, days, free from, prices by countries
    ("standard", "Standard", ShippingType.PARCEL, (2, 4), "50", {"DE": "4.90", "AT FR": "9.90"}),
    ("express", "Express", ShippingType.PARCEL, (1, 1), None, {"DE": "12.90"}),
)
VOUCHER = "WELCOME10"
TURN = 7_305_810_223
"""The loaders of the demo shop take turns, so that two at once create nothing twice."""
_TAX_RATES = Path(__file__).with_name("tax_rates.csv")


@transactional
def load_checkout() -> None:
    """Create what does not exist. Changes nothing that staff have set up."""
    wait_for_turn(TURN)
    if not TaxRate.objects.exists():
        with _TAX_RATES.open(encoding="utf-8") as lines:
            load_tax_rates(lines)
        for rate in TaxRate.objects.order_by("pk"):
            rate.translations = german("taxes", rate.name)
            rate.save()
        for country in ("DE", "AT", "FR"):
            ShippingTax.objects.get_or_create(
                country=country, defaults={"rule": ShippingTaxRule.PROPORTIONAL}
            )
    if not ShippingMethod.objects.exists():
        _load_methods()
    if not Promotion.objects.exists():
        _load_promotions()


def _load_methods() -> None:
    for position, (code, name, kind, (earliest, latest), free_from, prices) in enumerate(METHODS):
        method = ShippingMethod.objects.create(
            code=code,
            name=name,
            type=kind,
            earliest_days=earliest,
            latest_days=latest,
            free_from=free_from and Decimal(free_from),
            position=position,
            translations=german("methods", code),
        )
        for countries, price in prices.items():
            ShippingRate.objects.create(
                method=method, countries=countries.split(), price=quantize(Decimal(price))
            )


def _load_promotions() -> None:
    Promotion.objects.create(
        name="5 % off from 500",
        translations=german("promotions", "5 % off from 500"),
        kind=PromotionKind.PERCENT,
        value=Decimal(5),
        minimum_total=Decimal(500),
    )
    welcome = Promotion.objects.create(
        name="Welcome",
        translations=german("promotions", "Welcome"),
        kind=PromotionKind.PERCENT,
        value=Decimal(10),
        needs_code=True,
        position=1,
    )
    Voucher.objects.create(promotion=welcome, code=VOUCHER)
