"""What responses have to say about what the model knows."""

from typing import Any

from shop.testing.model.amounts import show
from shop.testing.model.returning import returnable
from shop.testing.model.statuses import (
    amount_due_of,
    fulfilment_status_of,
    may_be_cancelled,
    payment_status_of,
    return_status_of,
    status_of,
)
from shop.testing.model.world import UNDECIDED, Fulfilment, Order, Payment, Return, Units


class Disagreement(Exception):
    """The shop and the model differ. The message has both views."""


def compare(what: str, expected: Any, found: Any) -> None:
    """Raise Disagreement unless ``found`` has all that is expected. It may have more members."""
    for path, mine, theirs in _differences("", expected, found):
        raise Disagreement(
            f"{what}{path}: the model has {mine!r}, the shop {theirs!r}\n"
            f"model  {expected}\nshop   {found}"
        )


def _differences(path: str, expected: Any, found: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(expected, dict) and isinstance(found, dict):
        names = ((f"{path}.{name}", mine, found.get(name)) for name, mine in expected.items())
        return [each for part in names for each in _differences(*part)]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [each for i, pair in pairs for each in _differences(f"{path}[{i}]", *pair)]
    return [] if expected == found else [(path, expected, found)]


def view_of_order(order: Order) -> dict[str, Any]:
    """Return an order as its body has it."""
    due = amount_due_of(order)
    open_amounts = sum(
        each.amount if each.status in UNDECIDED else each.capturable for each in order.payments
    )
    return {
        "order_id": order.order_id,
        "status": status_of(order),
        "payment_status": payment_status_of(order),
        "fulfilment_status": fulfilment_status_of(order),
        "return_status": return_status_of(order),
        "total": show(order.total),
        "amount_due": show(due),
        "amount_cancelled": show(order.amount_cancelled),
        "amount_paid": show(order.paid),
        "amount_refunded": show(order.refunded),
        "can_cancel": may_be_cancelled(order),
        "can_pay": due > open_amounts,
        "can_return": any(returnable(order, item) for item in order.items.values()),
        "items": [
            {
                "product_id": item.product_id,
                "quantity": item.quantity,
                "quantity_cancelled": item.cancelled,
                "quantity_fulfilled": item.fulfilled,
                "quantity_returned": item.returned,
                "quantity_returnable": returnable(order, item),
                "amount_refunded": show(item.amount_refunded),
            }
            for item in order.items.values()
        ],
        "fulfilments": [view_of_fulfilment(each) for each in order.fulfilments],
        "payments": [
            {
                "payment_id": each.payment_id,
                "status": each.status,
                "amount": show(each.amount),
                "amount_refunded": show(each.refunded),
            }
            for each in order.payments
        ],
    }


def view_of_payment(payment: Payment) -> dict[str, Any]:
    """Return a payment as its body has it."""
    return {
        "payment_method": payment.method,
        "status": payment.status,
        "amount": show(payment.amount),
        "amount_captured": show(payment.captured),
        "amount_refunded": show(payment.refunded),
    }


def view_of_fulfilment(fulfilment: Fulfilment) -> dict[str, Any]:
    """Return a fulfilment as its body has it."""
    return {
        "fulfilment_id": fulfilment.fulfilment_id,
        "status": fulfilment.status,
        "items": rows_of(fulfilment.units),
    }


def view_of_return(row: Return) -> dict[str, Any]:
    """Return a return as its body has it."""
    return {
        "status": row.status,
        "items": [
            {
                "product_id": pk,
                "quantity": count,
                "quantity_received": row.received.get(pk, 0),
                "quantity_restocked": row.restocked.get(pk, 0),
            }
            for pk, count in sorted(row.units.items())
        ],
    }


def rows_of(units: Units) -> list[dict[str, int]]:
    """Return units as request and response bodies list them."""
    return [{"product_id": pk, "quantity": count} for pk, count in sorted(units.items())]
