"""What carts and orders cost: pure functions without settings or database.

``price(items, context)`` does it all, in these steps: items, promotions and vouchers, shipping,
tax. ``docs/pricing.md`` explains them.
"""

from cart.pricing.charges import TaxReason
from cart.pricing.context import PLAIN, Configuration, Context, TaxTable
from cart.pricing.explain import Step, explain
from cart.pricing.protocols import PromotionRule, ShippingRates, TaxRules
from cart.pricing.rates import normalize_postal_code
from cart.pricing.results import (
    Allocation,
    Discount,
    Estimate,
    OfferedMethod,
    PricedItem,
    PricedVoucher,
    PricingProblem,
    TaxRow,
    Totals,
)
from cart.pricing.rounding import round_half_up, split
from cart.pricing.totals import price
from cart.pricing.types import (
    Destination,
    Item,
    Line,
    Method,
    Parcel,
    PricingSettings,
    Promotion,
    PromotionKind,
    Rate,
    ShippingTax,
    TaxRate,
    Voucher,
    VoucherReason,
)

__all__ = [
    "PLAIN",
    "Allocation",
    "Configuration",
    "Context",
    "Destination",
    "Discount",
    "Estimate",
    "Item",
    "Line",
    "Method",
    "OfferedMethod",
    "Parcel",
    "PricedItem",
    "PricedVoucher",
    "PricingProblem",
    "PricingSettings",
    "Promotion",
    "PromotionKind",
    "PromotionRule",
    "Rate",
    "ShippingRates",
    "ShippingTax",
    "Step",
    "TaxRate",
    "TaxReason",
    "TaxRow",
    "TaxRules",
    "TaxTable",
    "Totals",
    "Voucher",
    "VoucherReason",
    "explain",
    "normalize_postal_code",
    "price",
    "round_half_up",
    "split",
]
