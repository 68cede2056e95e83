"""The configuration and the context in which a cart is priced."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from cart.pricing.protocols import PromotionRule, ShippingRates, TaxRules
from cart.pricing.rates import table_price
from cart.pricing.types import (
    ZERO,
    Destination,
    Method,
    PricingSettings,
    Promotion,
    ShippingTax,
    TaxRate,
    Voucher,
)


@dataclass(frozen=True, slots=True)
class TaxTable:
    """The tax rates of all countries: the built-in ``TaxRules``."""

    rates: Mapping[tuple[str, str, str], TaxRate] = field(default_factory=dict)
    """By country, region (or empty) and tax class (or empty)."""
    shipping: Mapping[str, ShippingTax] = field(default_factory=dict)
    """By country; ``class`` for a country without an entry."""

    def rate(self, destination: Destination, tax_class: str) -> TaxRate | None:
        """Return the rate, or None if the country has none.

        A rate for the class goes before the standard rate, and then a region before its country.
        """
        places = (destination.region, "") if destination.region else ("",)
        for name in (tax_class, "") if tax_class else ("",):
            for region in places:
                found = self.rates.get((destination.country, region, name))
                if found is not None:
                    return found
        return None

    def shipping_tax(self, country: str) -> ShippingTax:
        """Return how the country taxes shipping."""
        return self.shipping.get(country, "class")

    def __bool__(self) -> bool:
        return bool(self.rates)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is the same for all carts. It is built once for each revision."""

    settings: PricingSettings = field(default_factory=PricingSettings)
    promotions: tuple[Promotion, ...] = ()
    """Promotions that need no code, in the order in which they apply."""
    shipping_methods: tuple[Method, ...] = ()
    """In the order in which they are shown."""
    taxes: TaxRules = TaxTable()
    """The tax table, or rules of an extension. False if there is no tax."""
    shipping_rates: ShippingRates = table_price
    """The rates of each method's table, or those of an extension."""
    rules: Mapping[str, PromotionRule] = field(default_factory=dict)
    """Rules of promotions of extensions, by kind."""

    @property
    def is_plain(self) -> bool:
        """Return whether carts cost what their items cost."""
        return not (self.promotions or self.shipping_methods or self.taxes)


PLAIN = Configuration()


@dataclass(frozen=True, slots=True)
class Context:
    """Everything about one cart besides its items."""

    configuration: Configuration
    now: datetime
    """The time of the request, with a time zone."""
    destination: Destination | None = None
    """The shipping address, or the billing address if nothing is shipped. None: not known yet."""
    shipping_method: str = ""
    """The code of the method that the buyer chose; empty if they chose none."""
    vouchers: tuple[Voucher, ...] = ()
    """The codes that the buyer entered, in the order in which they apply."""
    is_first_order: bool | None = None
    """Whether the buyer has not ordered before. None if the buyer is not known yet."""
    fee: Decimal = ZERO
    """The fee of the payment method."""
    is_reverse_charge: bool = False
    """Whether the buyer owes the tax: a business in another country, whose number is confirmed."""
    used_up: frozenset[int] = frozenset()
    """The promotions whose limits this buyer has reached."""

    @property
    def today(self) -> date:
        """Return the day in the shop's time zone."""
        return self.now.astimezone(self.configuration.settings.time_zone).date()
