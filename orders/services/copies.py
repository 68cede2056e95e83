"""Writing a new order: copies of the cart, of its items at their prices, and of what it costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from cart.columns import CartItemRow
from cart.guests import Buyer
from cart.languages import language_of_order
from cart.ordering import LockedCart
from cart.priced import Address
from cart.pricing import Discount, OfferedMethod, PricedItem, Totals
from orders.models import AddressKind, AdjustmentKind, Order
from orders.services.timeline import add_to_timeline, record_event
from orders.statements import new_addresses, new_adjustments, new_items, new_taxes
from shop.core import tracing
from shop.core.money import currency, show
from shop.core.postal_addresses import MEMBERS
from shop.engine import insert


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What an order has besides what its cart says."""

    buyer: Buyer
    cart_id: int
    number: str
    email: str
    email_key: str
    placed_at: datetime
    """The time of the database."""
    fee_name: str
    """The name of the payment method that has a fee."""
    pay_before: datetime | None = None
    """The end of a payment window of its own, as a draft has it. None: that of the setting."""
    is_committed: bool = False
    """Whether a payment of the whole order begins in the same transaction."""


def write_order(new: NewOrder, cart: LockedCart) -> Order:
    """Insert an order with everything that belongs to it, and its first event.

    Needs the caller's transaction, which has locked the cart. Only the order itself is inserted at
    once, the other rows with the next statement. What an order does not have costs nothing.
    """
    order = _order(new, cart)
    if new.is_committed:  # Otherwise the column is left out, so that it needs no value.
        order.amount_committed = order.total
    insert(order)
    order.database_time = new.placed_at
    tracing.note(order_id=order.pk)
    items = zip(cart.totals.items, cart.items, strict=True)
    new_items.send_with_next(_item_row(order.pk, priced, row) for priced, row in items)
    members = cart.members
    _write_address(order.pk, AddressKind.SHIPPING, members.shipping_address)
    _write_address(order.pk, AddressKind.BILLING, members.billing_address)
    new_adjustments.send_with_next(_adjustment_rows(order, cart.totals, new.fee_name))
    new_taxes.send_with_next(
        (order.pk, row.rate, row.country, row.region, row.name, row.base, row.amount, row.reason)
        for row in cart.totals.taxes
    )
    actor = new.buyer.actor
    add_to_timeline(order.pk, order.status, "Order placed", actor, by_guest=actor is None)
    total = {"total": show(order.total), "currency": order.currency}
    record_event(order.pk, "placed", user_id=new.buyer.user_id, **total)
    return order


def _order(new: NewOrder, cart: LockedCart) -> Order:
    members, totals = cart.members, cart.totals
    return Order(
        user=new.buyer.user,
        cart_id=new.cart_id,
        number=new.number,
        email=new.email,
        email_key=new.email_key,
        phone=members.phone,
        language=language_of_order(new.buyer, members.language) or members.language,
        note=members.note,
        consents=members.consents,
        metadata=members.metadata,
        subtotal=totals.subtotal,
        discount_total=totals.discount_total,
        shipping_total=totals.shipping_total,
        fee_total=totals.fee_total,
        tax_total=totals.tax_total,
        total=totals.total,
        prices_include_tax=totals.prices_include_tax,
        tax_rounding=settings.TAX_ROUNDING,
        shipping_method=_method(totals.shipping_method),
        currency=currency(),
        pay_before=_pay_before(new) if totals.total else None,
        # Otherwise the database fills it in, which keeps it out of the INSERT.
        **({} if new.pay_before is None else {"has_own_window": True}),
    )


def _pay_before(new: NewOrder) -> datetime:
    """Return the end of the payment window."""
    if new.pay_before is not None:
        return new.pay_before
    return new.placed_at + timedelta(minutes=settings.ORDER_PAYMENT_WINDOW)


def _method(method: OfferedMethod | None) -> dict[str, str] | None:
    if method is None:
        return None
    days = {"earliest": method.earliest.isoformat(), "latest": method.latest.isoformat()}
    return {"code": method.code, "name": method.name, "type": method.type, **days}


def _item_row(order_id: int, priced: PricedItem, row: CartItemRow) -> tuple[object, ...]:
    """Return the columns of ``new_items``."""
    return (
        *(order_id, priced.product_id, priced.name, row.sku, row.options, row.image),
        *(priced.quantity, priced.unit_price, priced.regular_unit_price, priced.line_subtotal),
        *(priced.discount, priced.tax_rate, priced.tax, row.weight, row.requires_shipping),
    )


def _write_address(order_id: int, kind: AddressKind, address: Address | None) -> None:
    if address:
        columns = (address.get(name) or "" for name in MEMBERS)
        new_addresses.send_with_next([(order_id, kind.value, *columns)])


def _adjustment_rows(order: Order, totals: Totals, fee_name: str) -> Iterable[tuple[object, ...]]:
    """Yield the columns of ``new_adjustments``: discounts, the shipping and the fee."""
    for discount in totals.discounts:
        yield _discount_row(order.pk, discount)
    if totals.shipping_method is not None:
        name = totals.shipping_method.name
        yield _row(order.pk, AdjustmentKind.SHIPPING, name, totals.shipping_price)
    if totals.fee_total:
        yield _row(order.pk, AdjustmentKind.FEE, fee_name, totals.fee_total)


def _discount_row(order_id: int, discount: Discount) -> tuple[object, ...]:
    is_on_items = discount.target == "items"
    kind = AdjustmentKind.DISCOUNT if is_on_items else AdjustmentKind.SHIPPING_DISCOUNT
    shares = [
        {"product_id": share.product_id, "amount": show(share.amount)}
        for share in discount.allocations
        if share.product_id is not None
    ]
    return (
        *(order_id, kind.value, discount.name, discount.amount, discount.promotion_id),
        *(discount.code or "", shares),
    )


def _row(order_id: int, kind: AdjustmentKind, name: str, amount: Decimal) -> tuple[object, ...]:
    return order_id, kind.value, name, amount, None, "", []
