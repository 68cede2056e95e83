"""The response bodies of orders."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from accounts.models import User
from catalog.images.serializers import serialize_image
from orders.models import (
    AddressKind,
    Order,
    OrderAddress,
    OrderAdjustment,
    OrderEvent,
    OrderItem,
    OrderTax,
)
from orders.numbers import show_number
from orders.payments import NOTHING, ActionType, NextAction, PaymentSummary
from orders.reads import OrderDetails
from orders.returnable import can_return, returnable_units
from orders.serializers.fulfilments import serialize_fulfilments
from orders.shown import amount_due, statuses_of
from orders.statements import may_be_cancelled
from orders.timeline_texts import JOINED, translate_note
from orders.windows import is_expired
from shop.core.money import ZERO, show, show_rate
from shop.core.permissions import sees_all


def serialize_summary(order: Order, payments: Sequence[PaymentSummary] = ()) -> dict[str, Any]:
    """Return the response body of an order without what belongs to it.

    The order was read with ``database_time``.
    """
    statuses, to_pay = statuses_of(order), amount_due(order)
    return {
        "order_id": order.pk,
        "number": show_number(order.number, order_id=order.pk),
        "status": order.status,
        "payment_status": statuses.payment_status,
        "fulfilment_status": statuses.fulfilment_status,
        "return_status": statuses.return_status,
        "has_open_dispute": order.has_open_dispute,
        "total": show(order.total),
        "amount_due": show(to_pay),
        "currency": order.currency,
        "created_at": order.created_at,
        "pay_before": order.pay_before,
        "payment_required": to_pay > ZERO,
        "can_pay": _can_pay(order, to_pay, payments),
        "can_cancel": may_be_cancelled(order),
    }


def _can_pay(order: Order, to_pay: Decimal, payments: Sequence[PaymentSummary]) -> bool:
    """Return whether a payment can begin: something is due that no other payment may bring."""
    return to_pay > sum(payment.amount_open for payment in payments) and not is_expired(order)


def serialize_order(
    details: OrderDetails, payments: Sequence[PaymentSummary], *, reader: User | None, origin: str
) -> dict[str, Any]:
    """Return the response body of an order for ``reader``, None for a guest.

    ``origin`` is scheme and host, for the URLs of images. The order was read with
    ``database_time``.
    """
    order = details.order
    summary = serialize_summary(order, payments)
    addresses = {address.kind: address for address in details.addresses}
    returnable = returnable_units(details)
    return {
        **summary,
        "can_return": can_return(details, returnable),
        "next_action": _next_action(payments),
        "amount_cancelled": show(order.amount_cancelled),
        "amount_paid": show(order.amount_paid),
        "amount_refunded": show(order.amount_refunded),
        **{name: getattr(order, name) for name in ("email", "phone", "language", "note")},
        "consents": order.consents,
        "metadata": order.metadata,
        **_amounts(order, details.taxes),
        "shipping_method": order.shipping_method,
        "shipping_address": _address(addresses.get(AddressKind.SHIPPING)),
        "billing_address": _address(addresses.get(AddressKind.BILLING)),
        "adjustments": [_adjustment(each) for each in details.adjustments],
        "items": [_item(item, returnable[item.pk], origin) for item in details.items],
        "fulfilments": serialize_fulfilments(
            details.fulfilments, sees_names=reader is not None and sees_all(reader, "orders.order")
        ),
        "payments": [_payment(payment) for payment in payments],
        "events": list(_events(details, reader)),
    }


def _next_action(payments: Sequence[PaymentSummary]) -> dict[str, Any]:
    """Return what the buyer has to do about the first payment that needs something."""
    for payment in payments:
        if payment.next_action.type != ActionType.NONE:
            return {**serialize_action(payment.next_action), "payment_id": payment.payment_id}
    return {**serialize_action(NOTHING), "payment_id": None}


def serialize_action(action: NextAction) -> dict[str, Any]:
    """Return what a buyer has to do about a payment, in the shape of every gateway."""
    return {
        "type": action.type.value,
        "url": action.url or None,
        "method": action.method if action.url else None,
        "return_url": action.return_url or None,
        "data": dict(action.data),
        "expires_at": action.expires_at,
        "poll_after": action.poll_after,
    }


def _amounts(order: Order, taxes: Iterable[OrderTax]) -> dict[str, Any]:
    """Return how the total is composed. An order of an earlier release consists of its items."""
    is_known = order.subtotal is not None
    return {
        "subtotal": show(order.subtotal if order.subtotal is not None else order.total),
        "discount_total": _show(order.discount_total),
        "shipping_total": _show(order.shipping_total),
        "fee_total": _show(order.fee_total),
        "taxes": [_tax(row) for row in taxes],
        "tax_total": _show(order.tax_total),
        "prices_include_tax": bool(order.prices_include_tax) if is_known else True,
    }


def _show(amount: Decimal | None) -> str:
    return show(amount or ZERO)


def _address(address: OrderAddress | None) -> dict[str, str] | None:
    return None if address is None else address.as_postal().to_json()


def _adjustment(adjustment: OrderAdjustment) -> dict[str, Any]:
    return {
        "kind": adjustment.kind,
        "name": adjustment.name,
        "amount": show(adjustment.amount),
        "voucher": adjustment.voucher,
        "allocations": adjustment.allocations,
    }


def _tax(row: OrderTax) -> dict[str, Any]:
    return {
        "rate": show_rate(row.rate),
        "country": row.country,
        "region": row.region,
        "name": row.name,
        "base": show(row.base),
        "amount": show(row.amount),
        "reason": row.reason,
    }


def _item(item: OrderItem, returnable: int, origin: str) -> dict[str, Any]:
    regular = item.unit_price if item.regular_unit_price is None else item.regular_unit_price
    return {
        "product_id": item.product_id,
        "name": item.name,
        "sku": item.sku,
        "options": item.options,
        "image": serialize_image(item.image, origin=origin) if item.image else None,
        "unit_price": show(item.unit_price),
        "regular_unit_price": show(regular),
        "quantity": item.quantity,
        "quantity_cancelled": item.quantity_cancelled,
        "quantity_fulfilled": item.quantity_fulfilled,
        "quantity_returned": item.quantity_returned,
        "quantity_returnable": returnable,
        "line_total": show(item.line_total),
        "discount": _show(item.discount),
        "tax_rate": show_rate(item.tax_rate or ZERO),
        "tax": _show(item.tax),
        "amount_refunded": show(item.amount_refunded),
        "requires_shipping": item.requires_shipping is not False,
    }


def _payment(payment: PaymentSummary) -> dict[str, Any]:
    return {
        "payment_id": payment.payment_id,
        "payment_method": payment.method,
        "status": payment.status,
        "amount": show(payment.amount),
        "amount_refunded": show(payment.amount_refunded),
        "currency": payment.currency,
        "reference": payment.reference,
        "created_at": payment.created_at,
    }


def _events(details: OrderDetails, reader: User | None) -> Iterator[dict[str, Any]]:
    """Yield the timeline.

    Readers without a login see neither that the order of a guest has joined an account nor its
    name: the guest may have typed the address of another person.
    """
    is_hidden = reader is None and any(event.note == JOINED for event in details.events)
    for event in details.events:
        if is_hidden and event.note == JOINED:
            continue
        is_owner = event.actor_id is not None and event.actor_id == details.order.user_id
        yield {
            "status": event.status,
            "note": translate_note(event.note),
            "actor": "guest"
            if is_hidden and is_owner
            else _name_actor(event, details.order, reader),
            "created_at": event.created_at,
        }


def _name_actor(event: OrderEvent, order: Order, reader: User | None) -> str:
    """Return the name of the event's actor. Only permitted staff see the names of other people."""
    if event.actor is None:
        return "guest" if event.by_guest else "shop"
    if event.actor_id == order.user_id or (reader and sees_all(reader, "orders.order")):
        return event.actor.username
    return "staff"
