"""Writing a new order: copies of the cart, of its items at their prices, and of what it costs."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from django.conf import settings

from cart.guests import Buyer
from cart.pricing import Discount, PricedItem, Totals
from orders.carts import CartToOrder
from orders.models import AddressKind, AdjustmentKind, Order
from orders.services.timeline import add_to_timeline, record_event
from orders.statements import new_addresses, new_adjustments, new_items, new_taxes
from shop.core import tracing
from shop.core.money import ZERO, currency, show
from shop.core.postal_addresses import MEMBERS
from shop.engine import insert


def write_order(buyer: Buyer, cart_id: int, cart: CartToOrder, totals: Totals) -> Order:
    """Insert an order with everything that belongs to it, and its first event.

    Needs the caller's transaction, which has locked the cart. Only the order itself is inserted at
    once, the other rows with the next statement. What an order does not have costs nothing.
    """
    order = _order(buyer, cart_id, cart, totals)
    insert(order)
    order.database_time = cart.database_time
    tracing.note(order_id=order.pk)
    new_items.send_with_next(_item_row(order.pk, item) for item in totals.items)
    _write_addresses(order.pk, cart)
    new_adjustments.send_with_next(_adjustment_rows(order, totals))
    new_taxes.send_with_next(
        (order.pk, row.rate, row.country, row.region, row.name, row.base, row.amount, row.reason)
        for row in totals.taxes
    )
    is_guest = buyer.user is None
    add_to_timeline(order.pk, order.status, "Order placed", buyer.user, by_guest=is_guest)
    total = {"total": show(order.total), "currency": order.currency}
    record_event(order.pk, "placed", user_id=buyer.user_id, **total)
    return order


def _order(buyer: Buyer, cart_id: int, cart: CartToOrder, totals: Totals) -> Order:
    method = totals.shipping_method
    window = timedelta(minutes=settings.ORDER_PAYMENT_WINDOW)
    return Order(
        user=buyer.user,
        cart_id=cart_id,
        number=cart.number,
        email=cart.email,
        email_key=cart.email_key,
        phone=cart.phone,
        language=cart.language,
        note=cart.note,
        consents=cart.consents,
        metadata=cart.metadata,
        subtotal=totals.subtotal,
        discount_total=totals.discount_total,
        shipping_total=totals.shipping_total,
        fee_total=totals.fee_total,
        tax_total=totals.tax_total,
        total=totals.total,
        prices_include_tax=totals.prices_include_tax,
        tax_rounding=getattr(settings, "TAX_ROUNDING", "rate"),
        shipping_method=None
        if method is None
        else {
            "code": method.code,
            "name": method.name,
            "type": method.type,
            "earliest": method.earliest.isoformat(),
            "latest": method.latest.isoformat(),
        },
        currency=currency(),
        pay_before=None if totals.total == ZERO else cart.database_time + window,
    )


def _item_row(order_id: int, priced: PricedItem) -> tuple[object, ...]:
    """Return the columns of ``new_items``."""
    item = priced.item
    return (
        *(order_id, item.product_id, item.name, priced.quantity, priced.unit_price),
        *(priced.regular_unit_price, priced.line_subtotal, priced.discount),
        *(priced.tax_rate, priced.tax, item.weight, item.requires_shipping),
    )


def _write_addresses(order_id: int, cart: CartToOrder) -> None:
    addresses = {
        AddressKind.SHIPPING: cart.shipping_address,
        AddressKind.BILLING: cart.billing_address,
    }
    new_addresses.send_with_next(
        (order_id, kind.value, *(address.get(name) or "" for name in MEMBERS))
        for kind, address in addresses.items()
        if address
    )


def _adjustment_rows(order: Order, totals: Totals) -> Iterable[tuple[object, ...]]:
    """Yield the columns of ``new_adjustments``: discounts, the shipping and the fee."""
    for discount in totals.discounts:
        yield _discount_row(order.pk, discount)
    if totals.shipping_method is not None:
        name = totals.shipping_method.name
        yield _row(order.pk, AdjustmentKind.SHIPPING, name, totals.shipping_price)
    if totals.fee_total:
        yield _row(order.pk, AdjustmentKind.FEE, "", totals.fee_total)


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
