"""The messages about orders and their payments, to the address of the order."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import translation
from django.utils.translation import gettext as _

from cart.models import Draft
from orders.models import (
    AddressKind,
    AdjustmentKind,
    Fulfilment,
    FulfilmentState,
    Order,
    OrderAdjustment,
    OrderItem,
    OrderNote,
)
from orders.payments import payments_of
from orders.serializers.bodies import serialize_summary
from orders.states import FulfilmentStatus, OrderStatus
from orders.tokens import make_order_token
from payments.failures import describe_failure
from payments.models import Payment
from shop.core.formats import write_rate
from shop.core.models import Event
from shop.core.money import ZERO
from shop.mail.links import link
from shop.mail.mails import Letter, Mail, known_language
from shop.mail.transfers import transfer_rows


class Item(NamedTuple):
    """An item of an order. ``options`` is a text such as "Size: M, Color: Red"."""

    name: str
    options: str
    quantity: int
    line_total: Decimal


class Row(NamedTuple):
    """A row below the items of an order; ``amount`` is in its currency."""

    label: str
    amount: Decimal
    is_total: bool = False


class Address(NamedTuple):
    """An address of an order, as its country writes it."""

    title: str
    lines: list[str]


def find_order(order_id: int) -> Order | None:
    """Return an order as messages need it."""
    return Order.objects.select_related("user").with_database_time().filter(pk=order_id).first()


def letter_about(order: Order, **facts: Any) -> Letter:
    """Return the letter to the buyer of an order. ``facts`` are added to the context."""
    user = order.user
    language = known_language(order.language or (user.language if user is not None else ""))
    return Letter(
        recipient=f"order:{order.pk}",
        address=order.email or (user.email if user is not None else ""),
        language=language,
        context=lambda: {**order_context(order, language), **facts},
    )


def order_context(order: Order, language: str) -> dict[str, Any]:
    """Return what templates about an order need. Labels are in the active language."""
    payments = payments_of([order.pk]).get(order.pk, ())
    summary = serialize_summary(order, payments)
    values = {"id": str(order.pk), "number": summary["number"], "token": make_order_token(order)}
    return {
        "order": order,
        "number": summary["number"],
        "items": [_item(item) for item in order.items.order_by("pk")],
        "totals": list(_totals(order)),
        "addresses": list(_addresses(order)),
        "can_pay": summary["can_pay"],
        "transfer": transfer_rows(payments, language),
        "order_url": link("order", language=language, **values),
        "payment_url": link("payment", language=language, **values),
    }


def _summary(order: Order) -> dict[str, Any]:
    return serialize_summary(order, payments_of([order.pk]).get(order.pk, ()))


def _item(item: OrderItem) -> Item:
    options = item.options
    texts = [f"{name}: {value}" for name, value in options.items()] if options else []
    return Item(item.name, ", ".join(texts), item.quantity, item.line_total)


def _totals(order: Order) -> Iterator[Row]:
    """Yield the rows of an order; only the total of one that an earlier release has placed."""
    adjustments = list(order.adjustments.order_by("pk"))
    taxes = [Row(_tax_label(tax.name, tax.rate), tax.amount) for tax in order.taxes.order_by("pk")]
    if order.subtotal is not None and (adjustments or taxes):
        yield Row(_("Subtotal"), order.subtotal)
    yield from map(_adjustment, adjustments)
    if not order.prices_include_tax:
        yield from taxes
    yield Row(_("Total"), order.total, is_total=True)
    if order.prices_include_tax:
        for tax in taxes:
            yield Row(_("including {tax}").format(tax=tax.label), tax.amount)


def _adjustment(row: OrderAdjustment) -> Row:
    kind = AdjustmentKind(row.kind)
    if kind == AdjustmentKind.SHIPPING:
        return Row(_("Shipping: {name}").format(name=row.name), row.amount)
    is_discount = kind in {AdjustmentKind.DISCOUNT, AdjustmentKind.SHIPPING_DISCOUNT}
    return Row(row.name or str(kind.label), -row.amount if is_discount else row.amount)


def _tax_label(name: str, rate: Decimal) -> str:
    """Return a label such as "VAT 8.5 %"."""
    return f"{name} {write_rate(rate, _language())}"


def _language() -> str:
    return translation.get_language() or "en"


def _addresses(order: Order) -> Iterator[Address]:
    titles = {
        AddressKind.SHIPPING: _("Shipping address"),
        AddressKind.BILLING: _("Billing address"),
    }
    for address in order.addresses.order_by("-kind"):
        yield Address(titles[AddressKind(address.kind)], address.as_postal().lines())


def _of_order(event: Event) -> Letter | None:
    order = find_order(event.object_id)
    return letter_about(order) if order is not None else None


def _of_new_order(event: Event) -> Letter | None:
    """Return None for the order of a draft, of which ``draft_sent`` tells."""
    order = find_order(event.object_id)
    if order is None or (
        order.has_own_window and Draft.objects.filter(cart=order.cart_id).exists()
    ):
        return None
    return letter_about(order)


def _of_draft(event: Event) -> Letter | None:
    """Return None once the order is paid or cancelled, or can no longer be paid.

    That of an order which costs nothing is paid from the beginning.
    """
    order = find_order(int(event.data["order_id"]))
    if order is None:
        return None
    is_free = order.total == ZERO and order.status != OrderStatus.CANCELLED
    return letter_about(order) if is_free or _summary(order)["can_pay"] else None


def _of_fulfilment(event: Event) -> Letter | None:
    """Return the letter about a fulfilment; None if it was cancelled meanwhile.

    A preview is about an order, which may have no fulfilment.
    """
    order = find_order(int(event.data["order_id"]))
    fulfilment = Fulfilment.objects.filter(order=order, pk=event.object_id).first()
    if fulfilment is None and event.object_type == "fulfilment":
        return None
    if fulfilment is not None and fulfilment.status == FulfilmentState.CANCELLED:
        return None
    return None if order is None else letter_about(order, **_fulfilment_context(order, fulfilment))


def _fulfilment_context(order: Order, fulfilment: Fulfilment | None) -> dict[str, Any]:
    """Return what the template needs. ``shipped`` has the units if they are a part of the order."""
    shipped = []
    is_part = order.fulfilment_status == FulfilmentStatus.PARTLY_FULFILLED
    if fulfilment is not None and is_part:
        items = fulfilment.items.select_related("order_item").order_by("pk")
        shipped = [f"{item.quantity} × {item.order_item.name}" for item in items]
    return {"fulfilment": fulfilment, "shipped": shipped}


def _of_payment(event: Event) -> Letter | None:
    order = find_order(int(event.data.get("order_id", event.object_id)))
    amount = Decimal(str(event.data["amount"]))
    return letter_about(order, amount=amount) if order is not None else None


def _of_failed_payment(event: Event) -> Letter | None:
    """Return the letter with the reason of the failure, in words for buyers."""
    order = find_order(int(event.data["order_id"]))
    payment = Payment.objects.filter(order=order, pk=event.object_id).first()
    code = "" if payment is None or event.object_type != "payment" else payment.failure_code
    amount = Decimal(str(event.data["amount"]))
    if order is None:
        return None
    letter = letter_about(order, amount=amount)
    return letter._replace(
        context=lambda: {**letter.context(), "reason": describe_failure(code) or ""}
    )


def _of_note(event: Event) -> Letter | None:
    order = find_order(event.object_id)
    note = OrderNote.objects.filter(pk=event.data.get("note_id")).first()
    text = "" if note is None else note.text
    return letter_about(order, note=text) if order is not None else None


def _is_public(event: Event) -> bool:
    return bool(event.data.get("is_public"))


def _cost_something(event: Event) -> bool:
    return Decimal(str(event.data["amount"])) > ZERO


def _can_still_be_paid(event: Event) -> bool:
    """Return False once the order is paid or cancelled, or another payment is in progress."""
    order = find_order(int(event.data["order_id"]))
    return order is not None and bool(_summary(order)["can_pay"])


MAILS = (
    Mail("order_placed", event="order.placed", compose=_of_new_order),
    Mail("order_paid", event="order.paid", compose=_of_payment, is_needed=_cost_something),
    Mail(
        "payment_failed",
        event="payment.failed",
        compose=_of_failed_payment,
        valid_for=timedelta(days=1),
        is_needed=_can_still_be_paid,
    ),
    Mail("order_shipped", event="fulfilment.shipped", compose=_of_fulfilment),
    Mail("order_cancelled", event="order.cancelled", compose=_of_order),
    Mail("order_note", event="order.note_added", compose=_of_note, is_needed=_is_public),
    Mail(
        "order_lookup",
        event="order.lookup_requested",
        compose=_of_order,
        valid_for=timedelta(hours=2),
    ),
    Mail("draft_sent", event="draft.sent", compose=_of_draft),
)
