"""The statuses of an order, from what the model knows of it."""

from shop.testing.model.world import Order

PAYABLE = {"pending", "confirmed", "shipped", "delivered"}


def status_of(order: Order) -> str:
    """Return the one word for the whole order."""
    if order.is_cancelled:
        return "cancelled"
    if _is_refunded(order):
        return "refunded"
    shipping = fulfilment_status_of(order)
    if shipping in {"fulfilled", "delivered"}:
        return "shipped" if shipping == "fulfilled" else shipping
    if order.paid and order.paid >= order.due:
        return "paid"
    return "confirmed" if order.is_confirmed else "pending"


def remember(order: Order) -> None:
    """Note that an order was more than pending, which stays so. Call it after each change."""
    if status_of(order) not in {"pending", "refunded"}:
        order.is_confirmed = True


def _is_refunded(order: Order) -> bool:
    return order.paid > 0 and order.paid == order.refunded


def payment_status_of(order: Order) -> str:
    """Return what is paid."""
    held = order.paid - order.refunded
    if _is_refunded(order):
        return "refunded"
    if held > order.due:
        return "overpaid"
    if order.refunded:
        return "partly_refunded"
    if order.paid:
        return "paid" if order.paid >= order.due else "partly_paid"
    return stage_of(order)


def stage_of(order: Order) -> str:
    """Return how far the payments are, if none brought money."""
    present = {payment.status for payment in order.payments}
    if "authorised" in present:
        return "authorised"
    if "succeeded" in present:
        return "unpaid"
    ended = (each for each in order.payments if each.status in {"failed", "cancelled"})
    return "voided" if any(each.was_authorised for each in ended) else "unpaid"


def fulfilment_status_of(order: Order) -> str:
    """Return what is shipped."""
    units = sum(item.quantity - item.cancelled for item in order.items.values())
    arrived = sum(
        sum(each.units.values()) for each in order.fulfilments if each.status == "delivered"
    )
    if not order.fulfilled:
        return "unfulfilled"
    if order.fulfilled < units:
        return "partly_fulfilled"
    return "fulfilled" if arrived < units else "delivered"


def return_status_of(order: Order) -> str | None:
    """Return what came back."""
    if any(each.status in {"requested", "approved"} for each in order.returns):
        return "requested"
    returned = sum(item.returned for item in order.items.values())
    returned = order.fulfilled if order.is_restocked else returned
    if not returned:
        return None
    return "partly_returned" if returned < order.fulfilled else "returned"


def amount_due_of(order: Order) -> int:
    """Return what is to pay."""
    if status_of(order) in {"cancelled", "refunded"}:
        return 0
    return max(0, order.due - order.paid)


def may_be_cancelled(order: Order) -> bool:
    """Return whether buyers may cancel the order or its items."""
    if order.fulfilled:
        return False
    status = status_of(order)
    if status == "pending":
        return not order.is_restocked
    return status == "confirmed" and not order.paid
