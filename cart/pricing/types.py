"""What prices are computed from. Plain values: nothing here reads settings or the database.

Amounts are ``Decimal`` in the shop's currency, percentages ``Decimal`` between 0 and 100. Country
codes are ISO 3166-1 alpha-2 in upper case.
"""

from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple

ZERO = Decimal(0)


class Item(NamedTuple):
    """A product in a cart, at its current price.

    Like the results for items, it is a named tuple, which takes a tenth of the time to make.
    """

    product_id: int
    name: str
    quantity: int
    unit_price: Decimal
    """The current price of one unit, after sales."""
    regular_unit_price: Decimal
    """The price of one unit without a reduction; the unit price if it is not reduced."""
    tax_class: str = ""
    """The code of the tax class; empty for the standard class."""
    weight: int = 0
    """The weight of one unit in grams; 0 if it is unknown."""
    requires_shipping: bool = True
    category_ids: frozenset[int] = frozenset()
    """The product's categories, and all categories above them."""
    parent_id: int | None = None
    """The product of which this is a variant."""
    is_overridden: bool = False
    """Whether the unit price is one that staff set instead of the product's."""
    collection_ids: frozenset[int] = frozenset()
    """The collections that contain the product."""

    @property
    def line_total(self) -> Decimal:
        """Unit price times quantity, in the shop's currency."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes: all that shipping and tax are computed from."""

    country: str
    postal_code: str = ""
    region: str = ""
    """The code of the state or province, as addresses of the country have it."""


class PromotionKind(StrEnum):
    """The built-in rules of promotions. ``Configuration.rules`` adds others."""

    PERCENT = "percent"
    FIXED_AMOUNT = "fixed_amount"
    FIXED_PRICE = "fixed_price"
    BUY_X_GET_Y = "buy_x_get_y"
    FREE_SHIPPING = "free_shipping"


@dataclass(frozen=True, slots=True)
class Promotion:
    """A rule with its conditions. Without a selection it applies to the whole cart."""

    id: int
    name: str
    kind: str
    """A ``PromotionKind``, or the name of a rule of ``Configuration.rules``."""
    value: Decimal = ZERO
    """A percentage, an amount, or the price of one unit, depending on the kind."""
    buy_quantity: int = 0
    """Units to pay for (buy X get Y)."""
    free_quantity: int = 0
    """Units that are free for each ``buy_quantity`` units (buy X get Y)."""
    product_ids: frozenset[int] = frozenset()
    """Products to which it applies, with their variants."""
    category_ids: frozenset[int] = frozenset()
    """Categories to which it applies, with those below them."""
    collection_ids: frozenset[int] = frozenset()
    """Collections to which it applies."""
    minimum_total: Decimal | None = None
    """What the eligible items must cost at least, after sales and earlier discounts."""
    minimum_quantity: int | None = None
    """How many eligible units there must be at least."""
    first_order_only: bool = False
    is_limited: bool = False
    """Whether its uses are limited, in total or for each customer."""
    starts_on: date | None = None
    """The first day, in the shop's time zone."""
    ends_on: date | None = None
    """The last day, in the shop's time zone."""


class VoucherReason(StrEnum):
    """Why a voucher does not apply."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    NOT_STARTED = "not_started"
    USED_UP = "used_up"
    MINIMUM_TOTAL = "minimum_total"
    NOT_FOR_THESE_ITEMS = "not_for_these_items"
    NOT_COMBINABLE = "not_combinable"
    NOT_FOR_YOU = "not_for_you"


@dataclass(frozen=True, slots=True)
class Voucher:
    """A code that was entered, with what the database says about it."""

    code: str
    """As it is shown to the buyer."""
    promotion: Promotion | None
    """None for a code that does not exist."""
    reason: VoucherReason | None = None
    """Why this buyer may not use it, if limits or accounts decide so, such as ``USED_UP``."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of a shipping method for some destinations and a band of totals or weights.

    Empty places mean everywhere. A band includes its lower limit, and excludes its upper limit.
    """

    price: Decimal
    countries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    postal_prefixes: tuple[str, ...] = ()
    """Beginnings of postal codes, as ``normalize_postal_code`` returns them."""
    total_from: Decimal | None = None
    """A total of items after discounts."""
    total_below: Decimal | None = None
    weight_from: int | None = None
    """Grams of all items that require shipping."""
    weight_below: int | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A shipping method with its rates."""

    code: str
    name: str
    type: str
    """Such as ``delivery`` or ``pickup``. The shop gives it to clients, and does not use it."""
    rates: tuple[Rate, ...] = ()
    days_min: int = 0
    """Calendar days until the earliest arrival."""
    days_max: int = 0
    """Calendar days until the latest arrival."""
    tax_class: str = ""
    """The code of the tax class; empty for the standard class."""
    free_from: Decimal | None = None
    """The total of items after discounts from which the method is free."""


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate of tax of a country, or of one of its regions, for a tax class."""

    country: str
    rate: Decimal
    """A percentage."""
    name: str
    """Such as VAT."""
    tax_class: str = ""
    region: str = ""
    reason: str = ""
    """For a rate of 0, why it is 0, such as ``exempt``. Empty: the row states its own reason."""


ShippingTax = Literal["class", "proportional", "highest", "none"]
"""How a country taxes shipping: by the tax class of the method, by the rates of the items that are
shipped in proportion to their totals, by the highest of these rates, or not at all."""


@dataclass(frozen=True, slots=True)
class PricingSettings:
    """The settings of a shop that prices depend on."""

    currency: str = "USD"
    """ISO 4217."""
    exponent: int = 2
    """The number of decimals of the currency, 0 or 2."""
    prices_include_tax: bool = True
    """Whether prices of products and shipping, and fees, include tax (``PRICES_INCLUDE_TAX``)."""
    tax_rounding: Literal["rate", "item"] = "rate"
    """Whether tax is rounded once for each rate, or for each item (``TAX_ROUNDING``)."""
    prices_abroad: Literal["keep", "restate"] = "keep"
    """What happens to prices that include tax where another rate applies (``PRICES_ABROAD``)."""
    home_country: str = ""
    """The country of the shop, whose tax its prices include."""
    home_region: str = ""
    vouchers_at_once: int = 1
    """How many vouchers apply to one cart."""
    require_shipping: bool = False
    """Whether an order that requires shipping needs a shipping method (``REQUIRE_SHIPPING``)."""
    time_zone: tzinfo = UTC
    """The time zone in which a date means a whole day (``TIME_ZONE``)."""


@dataclass(frozen=True, slots=True)
class Line:
    """An item between two steps, with the discounts that it has so far."""

    item: Item
    unit_price: Decimal
    """The price of one unit at the destination."""
    regular_unit_price: Decimal
    total: Decimal
    """What the line costs after the discounts so far."""

    @property
    def subtotal(self) -> Decimal:
        """Unit price times quantity."""
        return self.unit_price * self.item.quantity

    @property
    def quantity(self) -> int:
        """The number of units."""
        return self.item.quantity


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is shipped where: all that shipping rates are computed from."""

    destination: Destination
    total: Decimal
    """The total of all items after discounts."""
    weight: int
    """Grams of the items that require shipping."""
    items: tuple[Item, ...]
    """The items that require shipping."""
