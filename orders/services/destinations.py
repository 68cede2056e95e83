"""Where an order goes, and whether it would cost the same elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils import timezone

from cart.configuration import current_configuration
from cart.pricing import Context, Destination, Item, TaxReason, Totals, price
from orders.models import AddressKind, Order, OrderAddress, OrderItem, OrderTax
from shop.core.countries import region_code
from shop.core.money import ZERO
from shop.core.postal_addresses import PostalAddress

Addresses = Mapping[str, PostalAddress]
"""The addresses of an order by ``AddressKind``. One that it does not have is missing."""


def addresses_of(order: Order) -> dict[str, PostalAddress]:
    """Return the addresses of an order. One statement."""
    return {row.kind: row.as_postal() for row in OrderAddress.objects.filter(order=order)}


def destination_of(addresses: Addresses, *, is_shipped: bool = True) -> Destination | None:
    """Return the address that prices depend on: if nothing is shipped, the billing address first.

    Return None without addresses.
    """
    kinds = (AddressKind.SHIPPING, AddressKind.BILLING)
    first, second = kinds if is_shipped else kinds[::-1]
    address = addresses.get(first) or addresses.get(second)
    if address is None:
        return None
    region = region_code(address.country, address.region) if address.region else ""
    return Destination(address.country, address.postal_code, region)


def context_of(order: Order, addresses: Addresses) -> Context:
    """Return the context in which an order is priced now: its destination, and who owes tax."""
    reverse_charged = OrderTax.objects.filter(order=order, reason=TaxReason.REVERSE_CHARGE)
    return Context(
        current_configuration().pricing,
        timezone.now(),
        destination=destination_of(addresses),
        is_reverse_charge=reverse_charged.exists(),
    )


def changed_amounts(order: Order, before: Addresses, after: Addresses) -> list[str]:
    """Return which amounts of an order would be others at other addresses.

    They are ``shipping_total`` and ``tax_total``. Both places are compared as the shop is
    configured now, so that a change of its rates since the order was placed does not matter. A tax
    of the same amount that another country gets is another tax. An order of an earlier release,
    whose amounts are not known, has none.
    """
    if order.subtotal is None or before == after:
        return []
    items = list(_items(order))
    is_shipped = any(item.requires_shipping for item in items)
    context = replace(
        context_of(order, before),
        destination=destination_of(before, is_shipped=is_shipped),
        shipping_method=(order.shipping_method or {}).get("code", ""),
        fee=order.fee_total or ZERO,
    )
    there = replace(context, destination=destination_of(after, is_shipped=is_shipped))
    if _vat_number(before) != _vat_number(after):
        is_reverse_charge = current_configuration().is_reverse_charge(_vat_number(after))
        there = replace(there, is_reverse_charge=is_reverse_charge)
    return _differences(price(items, context), price(items, there))


def _differences(here: Totals, there: Totals) -> list[str]:
    is_shipped_alike = here.shipping_price == there.shipping_price and (
        there.shipping_method is not None or here.shipping_method is None
    )
    names = [] if is_shipped_alike else ["shipping_total"]
    return names if _taxes(here) == _taxes(there) else [*names, "tax_total"]


def _taxes(totals: Totals) -> Sequence[tuple[Any, ...]]:
    """Return what is taxed where, without the reasons."""
    return [(row.rate, row.country, row.region, row.base, row.amount) for row in totals.taxes]


def _vat_number(addresses: Addresses) -> str:
    """Return the VAT number of the billing address; without one, of the shipping address."""
    address = addresses.get(AddressKind.BILLING) or addresses.get(AddressKind.SHIPPING)
    return "" if address is None else address.vat_number


def _items(order: Order) -> Iterator[Item]:
    """Yield the lines of an order after their discounts, each as one unit."""
    rows = OrderItem.objects.filter(order=order).select_related("product").order_by("pk")
    for row in rows:
        total: Decimal = row.line_total - (row.discount or ZERO)
        yield Item(
            row.product_id,
            row.name,
            1,
            total,
            total,
            row.product.tax_class_id or "",
            (row.weight or 0) * row.quantity,
            row.requires_shipping is not False,
        )
