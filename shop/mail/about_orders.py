"""The messages about orders and their payments, to the address of the order."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from orders.models import Order
from orders.states import OrderStatus
from shop.core.models import Event
from shop.core.money import ZERO
from shop.mail.links import link
from shop.mail.mails import Letter, Mail, known_language


class Row(NamedTuple):
    """A row below the items of an order; ``amount`` is in its currency."""

    label: str
    amount: Decimal
    is_total: bool = False


def about(order_id: int, **facts: Any) -> Letter:
    """Return the letter to the buyer of an order. ``facts`` are added to the context."""
    order = Order.objects.select_related("user").get(pk=order_id)
    language = known_language(getattr(order, "language", "") or getattr(order.user, "language", ""))
    return Letter(
        recipient=f"order:{order.pk}",
        address=order.email or (order.user.email if order.user else ""),
        language=language,
        context=partial(_context, order, language, facts),
    )


def _context(order: Order, language: str, facts: dict[str, Any]) -> dict[str, Any]:
    number = str(getattr(order, "number", None) or order.pk)
    values = {"number": number, "token": "", "language": language}
    return {
        "order": order,
        "number": number,
        "items": order.items.order_by("pk"),
        "totals": list(_totals(order)),
        "addresses": [],
        "can_pay": order.status == OrderStatus.PENDING,
        "order_url": link("order", **values),
        "payment_url": link("payment", **values),
        **facts,
    }


def _totals(order: Order) -> Iterator[Row]:
    yield Row(_("Total"), order.total, is_total=True)


def _of_order(event: Event) -> Letter:
    return about(event.object_id)


def _paid(event: Event) -> Letter | None:
    """Return None for an order that was free: the buyer has paid nothing."""
    amount = Decimal(str(event.data["amount"]))
    return about(event.object_id, amount=amount) if amount > ZERO else None


def _failed(event: Event) -> Letter | None:
    """Return None once the order is paid or cancelled."""
    letter = about(int(event.data["order_id"]), amount=Decimal(str(event.data["amount"])))
    is_open = Order.objects.filter(pk=event.data["order_id"], status=OrderStatus.PENDING).exists()
    return letter if is_open else None


def _refunded(event: Event) -> Letter:
    return about(int(event.data["order_id"]), amount=Decimal(str(event.data["amount"])))


MAILS = (
    Mail("order_placed", event="order.placed", compose=_of_order),
    Mail("order_paid", event="order.paid", compose=_paid),
    Mail("payment_failed", event="payment.failed", compose=_failed, valid_for=timedelta(days=1)),
    Mail("order_shipped", event="order.shipped", compose=_of_order),
    Mail("order_cancelled", event="order.cancelled", compose=_of_order),
    # Each refund, also of a part; order.refunded is recorded once, for the last one.
    Mail("order_refunded", event="payment.refunded", compose=_refunded),
)
