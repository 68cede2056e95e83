"""What an invoice says: a copy of the order, of the seller and of the buyer, as JSON.

Amounts are strings in the document's currency, days are ISO 8601 in the shop's time zone. Whatever
changes later, also a setting, does not change a document that was issued.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cart.pricing import TaxReason
from orders.models import (
    AddressKind,
    Fulfilment,
    FulfilmentState,
    Order,
    OrderAddress,
    OrderAdjustment,
    OrderItem,
    OrderTax,
)
from orders.numbers import show_number
from orders.reads import OrderDetails
from orders.states import OrderStatus
from shop.core import languages
from shop.core.money import add_up, show, show_rate

VERSION = 1


class Bank(TypedDict):
    """Where buyers transfer money to; "" is not known."""

    name: str
    iban: str
    bic: str


class Seller(TypedDict):
    """Who sells, as the settings said when the document was issued; "" is not known."""

    name: str
    address: list[str]
    vat_number: str
    tax_number: str
    register: str
    email: str
    phone: str
    bank: Bank


class Buyer(TypedDict):
    """Who buys. ``shipping_address`` is empty if it is the same as ``address``."""

    address: list[str]
    vat_number: str
    shipping_address: list[str]


class OrderFacts(TypedDict):
    """The order that a document is about; a day that is not known is None."""

    id: int
    number: str
    placed_on: str
    paid_on: str | None
    shipped_on: str | None


class Item(TypedDict):
    """An item. ``tax_rate`` is None if it is not known, as in orders of earlier releases."""

    id: int
    product_id: int
    name: str
    sku: str
    options: dict[str, str]
    quantity: int
    unit_price: str
    line_total: str
    discount: str
    tax_rate: str | None
    tax: str | None


class Adjustment(TypedDict):
    """A discount, the shipping or a fee: ``kind`` is an ``AdjustmentKind``.

    In credit notes it can also be ``refund`` or ``cancellation``.
    """

    kind: str
    name: str
    amount: str
    voucher: str


class Tax(TypedDict):
    """The tax of a rate; ``base`` is without the tax."""

    name: str
    rate: str
    country: str
    region: str
    base: str
    amount: str
    reason: str


class Note(TypedDict):
    """A sentence that the law asks for, in the language of the document."""

    code: str
    text: str


class Reference(TypedDict):
    """The document that another one corrects."""

    kind: str
    number: str
    issued_on: str


class Content(TypedDict):
    """All that a document says. ``net`` and ``tax_total`` are None if the tax is not known."""

    version: int
    kind: str
    number: str
    issued_on: str
    language: str
    currency: str
    refers_to: Reference | None
    seller: Seller
    buyer: Buyer
    order: OrderFacts
    items: list[Item]
    adjustments: list[Adjustment]
    prices_include_tax: bool
    subtotal: str
    taxes: list[Tax]
    net: str | None
    tax_total: str | None
    total: str
    notes: list[Note]


class Identity(TypedDict):
    """What a document gets when it is issued."""

    kind: str
    number: str
    issued_on: str


def content_of(details: OrderDetails, identity: Identity) -> Content:
    """Return the content of the invoice of an order."""
    order = details.order
    language = language_of(order)
    known = order.tax_total is not None
    with translation.override(language):
        return {
            "version": VERSION,
            **identity,
            "language": language,
            "currency": order.currency,
            "refers_to": None,
            "seller": seller(),
            "buyer": _buyer(order, details.addresses),
            "order": _order_facts(details),
            "items": [_item(item) for item in details.items],
            "adjustments": [_adjustment(row) for row in details.adjustments],
            "prices_include_tax": order.prices_include_tax is not False,
            "subtotal": show(add_up(item.line_total for item in details.items)),
            "taxes": [_tax(row) for row in details.taxes],
            "net": show(order.total - (order.tax_total or Decimal(0))) if known else None,
            "tax_total": _show(order.tax_total),
            "total": show(order.total),
            "notes": list(notes_about(row.reason for row in details.taxes)),
        }


def language_of(order: Order) -> str:
    """Return the language of the documents of an order: its own, or that of its user."""
    code = order.language or (order.user.language if order.user is not None else "")
    return languages.choose_language(code) if code else languages.DEFAULT


def day_of(moment: datetime) -> date:
    """Return the day of a moment in the shop's time zone (TIME_ZONE)."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def seller() -> Seller:
    """Return the seller of the settings."""
    return {
        "name": settings.SELLER_NAME,
        "address": list(settings.SELLER_ADDRESS),
        "vat_number": settings.SELLER_VAT_NUMBER,
        "tax_number": settings.SELLER_TAX_NUMBER,
        "register": settings.SELLER_REGISTER,
        "email": settings.SELLER_EMAIL,
        "phone": settings.SELLER_PHONE,
        "bank": {
            "name": settings.SELLER_BANK,
            "iban": settings.SELLER_IBAN,
            "bic": settings.SELLER_BIC,
        },
    }


def notes_about(reasons: Iterable[str]) -> Iterable[Note]:
    """Yield what a document must say because of the reasons of its taxes, in the language."""
    if TaxReason.REVERSE_CHARGE in set(reasons):
        text = _("Reverse charge: the recipient of the supply owes the VAT.")
        yield {"code": TaxReason.REVERSE_CHARGE.value, "text": text}


def _buyer(order: Order, addresses: Iterable[OrderAddress]) -> Buyer:
    """Return the buyer; without an address, its e-mail address has to do."""
    by_kind = {row.kind: row for row in addresses}
    shipping = by_kind.get(AddressKind.SHIPPING)
    billing = by_kind.get(AddressKind.BILLING) or shipping
    if billing is None:
        user_email = order.user.email if order.user is not None else ""
        lines = [line for line in [order.email or user_email] if line]
        return {"address": lines, "vat_number": "", "shipping_address": []}
    lines = billing.as_postal().lines()
    shipped_to = shipping.as_postal().lines() if shipping is not None else []
    return {
        "address": lines,
        "vat_number": billing.vat_number,
        "shipping_address": shipped_to if shipped_to != lines else [],
    }


def _order_facts(details: OrderDetails) -> OrderFacts:
    order = details.order
    shipped_at = _shipped_at(details)
    return {
        "id": order.pk,
        "number": show_number(order.number, order_id=order.pk),
        "placed_on": day_of(order.created_at).isoformat(),
        "paid_on": day_of(order.paid_at).isoformat() if order.paid_at else None,
        "shipped_on": day_of(shipped_at).isoformat() if shipped_at else None,
    }


def _shipped_at(details: OrderDetails) -> datetime | None:
    """Return when the first units were shipped; the previous release has noted it only."""
    shipped = (FulfilmentState.SHIPPED, FulfilmentState.DELIVERED)
    first = Fulfilment.objects.filter(order=details.order, status__in=shipped).order_by("pk")
    times = [row.created_at for row in first[:1]]
    times += [row.created_at for row in details.events if row.status == OrderStatus.SHIPPED]
    return times[0] if times else None


def _item(item: OrderItem) -> Item:
    return {
        "id": item.pk,
        "product_id": item.product_id,
        "name": item.name,
        "sku": item.sku,
        "options": {str(name): str(value) for name, value in (item.options or {}).items()},
        "quantity": item.quantity,
        "unit_price": show(item.unit_price),
        "line_total": show(item.line_total),
        "discount": show(item.discount or Decimal(0)),
        "tax_rate": None if item.tax_rate is None else show_rate(item.tax_rate),
        "tax": _show(item.tax),
    }


def _adjustment(row: OrderAdjustment) -> Adjustment:
    return {
        "kind": row.kind,
        "name": row.name,
        "amount": show(row.amount),
        "voucher": row.voucher,
    }


def _tax(row: OrderTax) -> Tax:
    return {
        "name": row.name,
        "rate": show_rate(row.rate),
        "country": row.country,
        "region": row.region,
        "base": show(row.base),
        "amount": show(row.amount),
        "reason": row.reason,
    }


def _show(amount: Decimal | None) -> str | None:
    return None if amount is None else show(amount)
