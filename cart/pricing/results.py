"""What pricing returns. Amounts are ``Decimal`` in the shop's currency, to its smallest unit.

The names are those of the responses, so that they can be serialized as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from cart.pricing.types import Item, VoucherReason


class PricedItem(NamedTuple):
    """A cart item with its share of discounts and tax."""

    item: Item
    unit_price: Decimal
    """The price of one unit. Differs from the item's price only where prices are restated."""
    regular_unit_price: Decimal
    """The price of one unit without a reduction, restated like the unit price."""
    line_subtotal: Decimal
    """Unit price times quantity."""
    discount: Decimal
    """The item's share of all discounts."""
    tax_rate: Decimal
    """A percentage; 0 without tax."""
    tax: Decimal
    """The item's share of the tax, within its price or beside it."""

    @property
    def product_id(self) -> int:
        """The id of the product or variant."""
        return self.item.product_id

    @property
    def name(self) -> str:
        """The name of the product."""
        return self.item.name

    @property
    def quantity(self) -> int:
        """The number of units."""
        return self.item.quantity

    @property
    def line_total(self) -> Decimal:
        """Unit price times quantity, before discounts, as ``line_subtotal``."""
        return self.line_subtotal


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a discount that an item, or shipping, has."""

    product_id: int | None
    """None for shipping."""
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount of one promotion."""

    promotion_id: int
    name: str
    kind: str
    code: str | None
    """The voucher code; None for a promotion without a code."""
    target: Literal["items", "shipping"]
    amount: Decimal
    """The sum of the allocations. ``discount_total`` has only those of items."""
    allocations: tuple[Allocation, ...]
    """By ascending product id. Without items that get nothing."""
    is_limited: bool = False
    """Whether the uses of the promotion are limited."""


@dataclass(frozen=True, slots=True)
class PricedVoucher:
    """A code that the buyer entered, and whether it applies."""

    code: str
    name: str
    """The name of the promotion; empty for an unknown code."""
    is_applied: bool
    amount: Decimal
    """The discount on items and shipping."""
    reason: VoucherReason | None = None
    """Why it does not apply."""
    missing: Decimal | None = None
    """With ``minimum_total``: what the items must cost more."""
    combined_with: tuple[str, ...] = ()
    """With ``not_combinable``: the codes that apply instead (``with`` in responses)."""
    missing_quantity: int | None = None
    """With ``not_for_these_items``: how many eligible units are missing."""

    @property
    def facts(self) -> dict[str, Any]:
        """What the reason says more, by the names of responses; empty for an applied code."""
        facts: dict[str, Any] = {}
        if self.missing is not None:
            facts["missing"] = self.missing
        if self.missing_quantity is not None:
            facts["missing_quantity"] = self.missing_quantity
        if self.reason == VoucherReason.NOT_COMBINABLE:
            facts["with"] = list(self.combined_with)
        return facts


@dataclass(frozen=True, slots=True)
class OfferedMethod:
    """A shipping method that is available for the destination."""

    code: str
    name: str
    type: str
    price: Decimal
    """What it costs, before a promotion makes it free."""
    earliest: date
    latest: date
    missing_for_free: Decimal | None
    """What the items must cost more for free shipping; 0 if it is free. None: it never is."""
    preselected: bool
    """Whether it was selected because the buyer chose none: the cheapest method."""
    tax_class: str = ""


@dataclass(frozen=True, slots=True)
class TaxRow:
    """The tax of one rate."""

    rate: Decimal
    """A percentage."""
    country: str
    region: str
    name: str
    base: Decimal
    """What is taxed, without the tax."""
    amount: Decimal
    reason: str
    """Why this rate applies: a ``TaxReason``, or the reason of the tax table or of an extension."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An amount that is not final yet."""

    member: Literal["discounts", "shipping_total", "taxes"]
    reason: str
    """``address_missing``, ``postal_code_missing``, ``region_missing``, ``buyer_unknown`` or
    ``shipping_method_unavailable``."""


@dataclass(frozen=True, slots=True)
class PricingProblem:
    """Something that the buyer should know or must change. Clients render the sentence."""

    code: Literal["voucher_not_applicable", "shipping_method_unavailable"]
    field: str
    """The member of the cart that it is about."""
    facts: Mapping[str, Any]
    is_blocking: bool = True
    """Whether the cart cannot be ordered like this."""


class Totals(NamedTuple):
    """What a cart costs.

    ``total = subtotal − discount_total + shipping_total + fee_total``, and ``+ tax_total`` unless
    ``prices_include_tax``.
    """

    items: tuple[PricedItem, ...]
    """In the order in which they were passed in."""
    subtotal: Decimal
    """The sum of the lines before discounts."""
    total: Decimal
    discount_total: Decimal
    """The discounts on items. A discount on shipping reduces ``shipping_total``."""
    shipping_price: Decimal
    """The price of the shipping method, before a promotion makes it free."""
    shipping_total: Decimal
    fee_total: Decimal
    tax_total: Decimal
    prices_include_tax: bool
    """Whether the prices here include tax. False for a reverse charge."""
    requires_shipping: bool
    discounts: tuple[Discount, ...] = ()
    """In the order in which they were applied."""
    vouchers: tuple[PricedVoucher, ...] = ()
    """In the order in which they were entered."""
    shipping_methods: tuple[OfferedMethod, ...] = ()
    """What is available for the destination."""
    shipping_method: OfferedMethod | None = None
    """The method that the price is for. None if there is none, or the chosen one is unavailable."""
    shipping_tax: Decimal = Decimal(0)
    """The share of ``tax_total`` that is for shipping."""
    fee_tax: Decimal = Decimal(0)
    """The share of ``tax_total`` that is for the fee."""
    taxes: tuple[TaxRow, ...] = ()
    """By descending rate."""
    estimated: tuple[Estimate, ...] = ()
    problems: tuple[PricingProblem, ...] = ()
