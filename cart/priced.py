"""Carts with their prices, for responses and for orders.

A plain cart costs one statement. Vouchers, promotions for categories, for first orders or with
limits, and an active sale cost one more each, however many items there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

from cart.columns import CartItemRow, item_of, load
from cart.configuration import (
    ShopConfiguration,
    configuration_of,
    pricing_settings,
    stored_revision,
)
from cart.first_orders import is_first_order
from cart.guests import Buyer
from cart.languages import in_language
from cart.pricing import Configuration, Context, Destination, Item, Totals, Voucher, price
from cart.promotions.limits import used_up_promotions
from cart.statements import open_cart_with_items
from catalog.categories.reads import categories_of
from catalog.collections.reads import collections_of
from catalog.prices.current import current_price
from catalog.prices.reads import active_sales_of
from shop.core.countries import region_code
from shop.core.money import ZERO

Address = Mapping[str, str]


@dataclass(slots=True)
class CartMembers:
    """What a buyer writes into a cart, besides its items. What is not set is empty or None.

    Addresses are those of ``shop.core.postal_addresses``, the method is its code, and the phone
    number is in the form of E.164.
    """

    email: str = ""
    phone: str = ""
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str = ""
    voucher_codes: Sequence[str] = ()
    note: str = ""
    language: str = ""
    consents: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


class PricedCart(NamedTuple):
    """A buyer's open cart with its current prices. Without a cart, ``cart_id`` is None."""

    buyer: Buyer
    cart_id: int | None
    changed_at: datetime | None
    members: CartMembers
    items: tuple[CartItemRow, ...]
    totals: Totals


def view_cart(*, buyer: Buyer, fee: Decimal = ZERO) -> PricedCart:
    """Return the buyer's open cart at current prices. Does not create a cart."""
    rows = open_cart_with_items.rows(**buyer.key)
    if not rows:
        totals = price((), Context(Configuration(pricing_settings()), timezone.now()))
        return PricedCart(buyer, None, None, CartMembers(), (), totals)
    first = rows[0]
    members = members_of(first.members)
    items = tuple([item_of(row) for row in rows if row.product_id])
    if buyer.language:
        items = in_language(items, buyer.language)
    totals = price_cart(buyer, members, items, first.revision, has_sale=first.has_sale, fee=fee)
    changed_at = max([row.changed_at for row in rows])
    return PricedCart(buyer, first.cart_id, changed_at, members, items, totals)


def members_of(value: Any) -> CartMembers:
    """Return the members of a cart from the value of ``cart.columns.cart_members``."""
    if value is None:
        return CartMembers()
    members = load(value)
    for name in _JSON:
        if isinstance(members[name], str):  # SQLite has objects and lists in JSON as text
            members[name] = load(members[name])
    return CartMembers(**members)


_JSON = ("shipping_address", "billing_address", "voucher_codes", "consents", "metadata")


def price_cart(  # noqa: PLR0913 - what a cart costs depends on all of them
    buyer: Buyer,
    members: CartMembers,
    rows: Sequence[CartItemRow],
    revision: str | None,
    *,
    has_sale: bool,
    fee: Decimal = ZERO,
    lock: bool = False,
) -> Totals:
    """Return what a cart costs. ``fee`` is that of the payment method, in the shop's currency.

    Names are in the language of the buyer.
    ``revision`` is that of the configuration, and ``has_sale`` whether any sale is active. With
    ``lock`` the promotions with limits are locked (``cart.promotions.limits``).
    """
    configuration = configuration_of(revision, buyer.language)
    codes = members.voucher_codes
    if not (codes or members.shipping_method) and _is_plain(configuration):
        context = Context(configuration.pricing, timezone.now(), fee=fee)
        return price(_items(rows, {}, has_sale=has_sale), context)
    email = email_of(buyer, members)
    vouchers = configuration.vouchers(codes, user_id=buyer.user_id, email=email)
    categories = _categories(configuration, vouchers, rows)
    collections = _collections(configuration, vouchers, rows)
    context = Context(
        configuration.pricing,
        timezone.now(),
        destination=_destination(members, rows),
        shipping_method=members.shipping_method,
        vouchers=vouchers,
        is_first_order=is_first_order(buyer.user_id, email)
        if configuration.asks_for_first_order(vouchers)
        else None,
        used_up=used_up_promotions(
            configuration.limited(vouchers), user_id=buyer.user_id, email=email, lock=lock
        ),
        fee=fee,
        is_reverse_charge=configuration.is_reverse_charge(_vat_number(members)),
    )
    items = _items(rows, categories, has_sale=has_sale)
    if collections:
        items = [_in_collections(item, collections) for item in items]
    return price(items, context)


def price_as_seen(cart: PricedCart) -> Totals:
    """Return what a cart costs at the prices that its buyer has seen, and otherwise as now."""
    rows = [
        row if row.price_seen is None else row._replace(list_price=row.price_seen)
        for row in cart.items
    ]
    revision, fee = stored_revision(), cart.totals.fee_total
    return price_cart(cart.buyer, cart.members, rows, revision, has_sale=False, fee=fee)


def _is_plain(configuration: ShopConfiguration) -> bool:
    """Return whether the destination of a cart has no effect."""
    return configuration.pricing.is_plain and not configuration.pricing.settings.require_shipping


def email_of(buyer: Buyer, members: CartMembers) -> str:
    """Return the address of an order: that of the cart, else that of the account, or ""."""
    return members.email or (buyer.user.email if buyer.user else "")


def _items(
    rows: Sequence[CartItemRow], categories: Mapping[int, frozenset[int]], *, has_sale: bool
) -> list[Item]:
    """Return the items at current prices. Reads the sales of the products if one is active."""
    sales = active_sales_of(row.product_id for row in rows) if has_sale and rows else {}
    return [
        _item(row, sales.get(row.product_id, ()), categories.get(row.product_id, frozenset()))
        for row in rows
    ]


def _item(row: CartItemRow, sales: Iterable[dict[str, Any]], categories: frozenset[int]) -> Item:
    unit_price = row.price_override
    is_overridden = unit_price is not None
    if unit_price is None:
        unit_price = current_price(row.list_price, sales) if sales else row.list_price
    regular = row.list_price
    if row.compare_at_price:
        regular = max(regular, row.compare_at_price)
    return Item(
        row.product_id,
        row.name,
        row.quantity,
        unit_price,
        max(regular, unit_price) if is_overridden else regular,
        row.tax_class,
        row.weight,
        row.requires_shipping,
        categories,
        row.parent_id,
        is_overridden,
    )


def _categories(
    configuration: ShopConfiguration, vouchers: Sequence[Voucher], rows: Sequence[CartItemRow]
) -> Mapping[int, frozenset[int]]:
    """Return the categories of the products, if a promotion depends on them."""
    entered = [voucher.promotion for voucher in vouchers if voucher.promotion]
    if not any(p.category_ids for p in (*configuration.pricing.promotions, *entered)):
        return {}
    return categories_of([row.product_id for row in rows])


def _collections(
    configuration: ShopConfiguration, vouchers: Sequence[Voucher], rows: Sequence[CartItemRow]
) -> Mapping[int, frozenset[int]]:
    """Return the collections of the products, if a promotion depends on them."""
    entered = [voucher.promotion for voucher in vouchers if voucher.promotion]
    if not any(p.collection_ids for p in (*configuration.pricing.promotions, *entered)):
        return {}
    return collections_of([row.product_id for row in rows])


def _in_collections(item: Item, collections: Mapping[int, frozenset[int]]) -> Item:
    return item._replace(collection_ids=collections.get(item.product_id, frozenset()))


def _vat_number(members: CartMembers) -> str:
    """Return the VAT number of the billing address; without one, of the shipping address."""
    address = members.billing_address or members.shipping_address or {}
    return address.get("vat_number", "")


def _destination(members: CartMembers, rows: Sequence[CartItemRow]) -> Destination | None:
    """Return where the order goes: the billing address if nothing is shipped, or None."""
    is_shipped = any(row.requires_shipping for row in rows)
    addresses = (members.shipping_address, members.billing_address)
    address = addresses[0] if is_shipped else (addresses[1] or addresses[0])
    if not address or not address.get("country"):
        return None
    country, region = address["country"], address.get("region", "")
    code = region_code(country, region) if region else ""
    return Destination(country, address.get("postal_code", ""), code)
