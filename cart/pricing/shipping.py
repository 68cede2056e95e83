"""The third step: what shipping costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from cart.pricing.charges import shipping_factor
from cart.pricing.context import Context
from cart.pricing.results import Estimate, OfferedMethod, PricingProblem
from cart.pricing.rounding import round_half_up
from cart.pricing.rules import add
from cart.pricing.types import ZERO, Destination, Line, Method, Parcel


@dataclass(frozen=True, slots=True)
class Shipping:
    """The methods that are available, and the one that was selected."""

    price: Decimal
    """The price of the selected method, 0 without one."""
    methods: tuple[OfferedMethod, ...] = ()
    method: OfferedMethod | None = None
    problems: tuple[PricingProblem, ...] = ()
    estimated: tuple[Estimate, ...] = ()


def ship(lines: Sequence[Line], context: Context) -> Shipping:
    """Return what it costs to ship lines, after discounts.

    The buyer's method is selected, or the cheapest if they chose none. A method that is not
    available is reported, and no other one is selected. Without a destination no method is offered.
    """
    shipped = [line for line in lines if line.item.requires_shipping]
    methods = context.configuration.shipping_methods
    free = round_half_up(ZERO, context.configuration.settings.exponent)
    if not shipped:
        return Shipping(free)
    if context.destination is None:
        return Shipping(free, estimated=(_estimate("address_missing"),) if methods else ())
    total = add(lines)
    weight = sum(line.item.weight * line.quantity for line in shipped)
    parcel = Parcel(context.destination, total, weight, tuple(line.item for line in shipped))
    offered = [_offer(method, parcel, shipped, context) for method in methods]
    available = tuple(offer for offer in offered if offer is not None)
    return _select(available, context) or _unavailable(free, available, context)


def _offer(
    method: Method, parcel: Parcel, shipped: Sequence[Line], context: Context
) -> OfferedMethod | None:
    """Return a method with its price at the destination, or None if it is not available."""
    configuration = context.configuration
    exponent = configuration.settings.exponent
    price = configuration.shipping_rates(method, parcel)
    if price is None:
        return None
    missing = None if method.free_from is None else max(method.free_from - parcel.total, ZERO)
    factor = shipping_factor(method.tax_class, shipped, context)
    return OfferedMethod(
        code=method.code,
        name=method.name,
        type=method.type,
        price=round_half_up(ZERO if missing == 0 else Fraction(price) * factor, exponent),
        earliest=context.today + timedelta(days=method.days_min),
        latest=context.today + timedelta(days=method.days_max),
        missing_for_free=None if missing is None else round_half_up(missing, exponent),
        preselected=False,
        tax_class=method.tax_class,
    )


def _select(offered: tuple[OfferedMethod, ...], context: Context) -> Shipping | None:
    """Select the buyer's method, or the cheapest if they chose none. None if there is none."""
    if context.shipping_method:
        wanted = [method for method in offered if method.code == context.shipping_method]
    else:
        wanted = sorted(offered, key=lambda method: method.price)
    if not wanted:
        return None
    selected = replace(wanted[0], preselected=not context.shipping_method)
    methods = tuple(selected if method is wanted[0] else method for method in offered)
    return Shipping(selected.price, methods, selected, estimated=_uncertainties(context))


def _unavailable(free: Decimal, offered: tuple[OfferedMethod, ...], context: Context) -> Shipping:
    """Return that the buyer's method, or any method, is missing, if the shop has methods."""
    configuration = context.configuration
    chosen = context.shipping_method
    if not (chosen or configuration.shipping_methods or configuration.settings.require_shipping):
        return Shipping(free)
    facts = {"shipping_method": chosen or None}
    problem = PricingProblem("shipping_method_unavailable", "shipping_method", facts)
    estimate = _estimate("shipping_method_unavailable")
    return Shipping(free, offered, None, (problem,), (estimate,))


def _uncertainties(context: Context) -> tuple[Estimate, ...]:
    """Return what of the destination is not known yet, although a rate depends on it."""
    place = context.destination or Destination("")
    rates = [
        rate
        for method in context.configuration.shipping_methods
        for rate in method.rates
        if not rate.countries or place.country in rate.countries
    ]
    missing = []
    if not place.postal_code and any(rate.postal_prefixes for rate in rates):
        missing.append(_estimate("postal_code_missing"))
    if not place.region and any(rate.regions for rate in rates):
        missing.append(_estimate("region_missing"))
    return tuple(missing)


def _estimate(reason: str) -> Estimate:
    return Estimate("shipping_total", reason)
