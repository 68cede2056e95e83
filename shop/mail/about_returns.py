"""The messages about returns, and what messages about refunds say of items."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from orders.models import Order, OrderItem, Return, ReturnItem
from payments.models import Refund
from shop.core.models import Event
from shop.mail.about_orders import find_order, letter_about
from shop.mail.mails import Letter, Mail


class ReturnedItem(NamedTuple):
    """Units of an item that are returned or refunded."""

    name: str
    quantity: int
    amount: Decimal | None = None


def _of_return(event: Event) -> Letter | None:
    order = find_order(event.object_id)
    row = Return.objects.filter(pk=event.data.get("return_id"), order=order).first()
    if order is None:
        return None
    answer = "" if row is None else row.answer
    return letter_about(order, answer=answer, returned=list(_items_of(order, row)))


def _items_of(order: Order, row: Return | None) -> Iterable[ReturnedItem]:
    """Yield the items of a return; those of the order for a preview, which has no return."""
    items: Iterable[OrderItem | ReturnItem]
    items = order.items.order_by("pk") if row is None else row.items.select_related("item")
    for each in items:
        item = each if isinstance(each, OrderItem) else each.item
        yield ReturnedItem(item.name, each.quantity)


def _of_refund(event: Event) -> Letter | None:
    order = find_order(int(event.data.get("order_id", event.object_id)))
    if order is None:
        return None
    refund = Refund.objects.filter(pk=event.data.get("refund_id")).first()
    amount = Decimal(str(event.data["amount"]))
    return letter_about(order, amount=amount, refunded=list(_refunded(refund)))


def _refunded(refund: Refund | None) -> Iterable[ReturnedItem]:
    """Yield the items of a refund. A part of an item that another refund has is not named."""
    if refund is not None:
        for each in refund.items.select_related("item").filter(quantity__gt=0).order_by("pk"):
            yield ReturnedItem(each.item.name, each.quantity, each.amount)


MAILS = (
    Mail("return_approved", event="order.return_approved", compose=_of_return),
    Mail("return_rejected", event="order.return_rejected", compose=_of_return),
    # Each refund, also of a part; order.refunded is recorded once, for the last one.
    Mail("order_refunded", event="payment.refunded", compose=_of_refund),
)
