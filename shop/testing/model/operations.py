"""The random operations. Each chooses its parameters, and a rule predicts the result."""

from collections.abc import Callable
from typing import Any

from shop.testing.model import cancelling, paying, refunding, returning, shipping
from shop.testing.model.amounts import show
from shop.testing.model.placing import place, restock
from shop.testing.model.session import Session
from shop.testing.model.statuses import may_be_cancelled, status_of
from shop.testing.model.views import (
    compare,
    rows_of,
    view_of_fulfilment,
    view_of_order,
    view_of_payment,
    view_of_return,
)
from shop.testing.model.world import OPEN_PAYMENT, Item, Order, Payment, Return, Units, World

_TOKENS = ("", "", "", "demo_decline", "demo_action", "demo_late", "demo_timeout")


def pay(session: Session) -> None:
    """Pay an order or a part of it, by card or by bank transfer."""
    order, chance = session.pick(lambda order: order.due > order.covered), session.random
    method = chance.choice(["card", "card", "card", "bank_transfer"])
    token = chance.choice(_TOKENS) if method == "card" else ""
    amount = chance.randint(1, order.total + 1) if chance.random() < 0.4 else None
    body = {"order_id": order.order_id, "payment_method": method}
    body |= {"payment_token": token} if token else {}
    body |= {} if amount is None else {"amount": show(amount)}
    played = session.play(
        lambda: paying.begin(session.world, order, method, token, amount),
        "/api/payments/",
        body,
        session.buyer_of(order),
        succeeds=201,
    )
    if played:
        payment, found = played
        payment.payment_id = found["payment_id"]
        compare("payment", view_of_payment(payment), found)
        session.note_payment(order, payment)


def _change_payment(session: Session, step: str) -> None:
    statuses = {"authorised"} if step == "void" else OPEN_PAYMENT
    order, world = session.pick(lambda order: _has_payment(order, statuses)), session.world
    if not order.payments:
        return
    payment = session.prefer(order.payments, lambda payment: payment.status in statuses)
    rules: dict[str, Callable[[], None]] = {
        "confirm": lambda: paying.confirm(world, order, payment),
        "cancel": lambda: paying.cancel(world, order, payment),
        "void": lambda: paying.void(payment),
    }
    headers = session.staff if step == "void" else session.buyer_of(order)
    path = f"/api/payments/{payment.payment_id}/{step}/"
    if played := session.play(rules[step], path, {}, headers):
        compare("payment", view_of_payment(payment), played[1])


def confirm_payment(session: Session) -> None:
    """Continue a payment."""
    _change_payment(session, "confirm")


def cancel_payment(session: Session) -> None:
    """Cancel a payment."""
    _change_payment(session, "cancel")


def void_payment(session: Session) -> None:
    """Void a payment."""
    _change_payment(session, "void")


def record_payment(session: Session) -> None:
    """Record a bank transfer, sometimes with another amount."""
    _take_money(session, "record", paying.record)


def capture_payment(session: Session) -> None:
    """Capture a payment or a part of it."""
    _take_money(session, "capture", paying.capture)


def _take_money(
    session: Session, step: str, rule: Callable[[World, Order, Payment, int | None], None]
) -> None:
    statuses = {"record": {"pending"}, "capture": {"authorised"}}[step]
    order, chance = session.pick(lambda order: _has_payment(order, statuses)), session.random
    if not order.payments:
        return
    payment = session.prefer(order.payments, lambda payment: payment.status in statuses)
    amount = max(1, payment.amount + chance.randint(-300, 50)) if chance.random() < 0.3 else None
    path = f"/api/payments/{payment.payment_id}/{step}/"
    body = {} if amount is None else {"amount": show(amount)}
    played = session.play(
        lambda: rule(session.world, order, payment, amount), path, body, session.staff
    )
    if played:
        compare("payment", view_of_payment(payment), played[1])


def _has_payment(order: Order, statuses: set[str]) -> bool:
    return any(payment.status in statuses for payment in order.payments)


def confirm_order(session: Session) -> None:
    """Confirm an order before it is paid."""
    order = session.pick()
    _change_order(session, order, "confirm", lambda: paying.confirm_order(order), by_staff=True)


def cancel_order(session: Session) -> None:
    """Cancel an order."""
    order, by_staff = session.pick(may_be_cancelled), session.random.random() < 0.3
    rule = lambda: cancelling.cancel_order(session.world, order)  # noqa: E731
    _change_order(session, order, "cancel", rule, by_staff=by_staff)


def cancel_items(session: Session) -> None:
    """Cancel units of an order."""
    order, by_staff = session.pick(), session.random.random() < 0.6
    units = _some_units(session, order, lambda item: item.cancellable)
    rule = lambda: cancelling.cancel_items(session.world, order, units, by_staff=by_staff)  # noqa: E731
    body = {"items": rows_of(units)}
    _change_order(session, order, "cancel-items", rule, body, by_staff=by_staff)


def _change_order(
    session: Session,
    order: Order,
    step: str,
    rule: Callable[[], None],
    body: dict[str, Any] | None = None,
    *,
    by_staff: bool,
) -> None:
    headers = session.staff if by_staff else session.buyer_of(order)
    path = f"/api/orders/{order.order_id}/{step}/"
    if played := session.play(rule, path, body or {}, headers):
        compare("order", view_of_order(order), played[1])


def fulfil(session: Session) -> None:
    """Ship all that is left, or some units."""
    order = session.pick(lambda order: status_of(order) in {"confirmed", "paid"})
    is_partial = session.random.random() < 0.6
    units = _some_units(session, order, lambda item: item.left) if is_partial else None
    played = session.play(
        lambda: shipping.fulfil(session.world, order, units),
        f"/api/orders/{order.order_id}/fulfilments/",
        {} if units is None else {"items": rows_of(units)},
        session.staff,
        succeeds=201,
    )
    if played:
        fulfilment, found = played
        fulfilment.fulfilment_id = found["fulfilment_id"]
        compare("fulfilment", view_of_fulfilment(fulfilment), found)


def deliver_fulfilment(session: Session) -> None:
    """Record that a fulfilment has arrived."""
    _change_fulfilment(session, "deliver", shipping.deliver)


def cancel_fulfilment(session: Session) -> None:
    """Cancel a fulfilment."""
    _change_fulfilment(session, "cancel", shipping.cancel)


def _change_fulfilment(session: Session, step: str, rule: Callable[..., None]) -> None:
    order = session.pick(lambda order: order.fulfilled)
    if not order.fulfilments:
        return
    fulfilment = session.prefer(order.fulfilments, lambda each: each.status == "shipped")
    path = f"/api/orders/{order.order_id}/fulfilments/{fulfilment.fulfilment_id}/{step}/"
    if played := session.play(lambda: rule(order, fulfilment), path, {}, session.staff):
        compare("fulfilment", view_of_fulfilment(fulfilment), played[1])


def request_return(session: Session) -> None:
    """Ask to return units."""
    order = session.pick(lambda order: order.fulfilled)
    units = _some_units(session, order, lambda item: item.fulfilled - item.returned)
    played = session.play(
        lambda: returning.request(order, units),
        f"/api/orders/{order.order_id}/returns/",
        {"items": rows_of(units)},
        session.random.choice([session.staff, session.buyer_of(order)]),
        succeeds=201,
    )
    if played:
        row, found = played
        row.return_id = found["return_id"]
        compare("return", view_of_return(row), found)


def decide_return(session: Session) -> None:
    """Approve, reject or close a return."""
    step = session.random.choice(["approve", "approve", "approve", "reject", "close"])
    statuses = {"approve": "approved", "reject": "rejected"}

    def rule(row: Return) -> None:
        if step == "close":
            returning.close(row)
        else:
            returning.decide(row, statuses[step])

    suits = {"approved", "received"} if step == "close" else {"requested"}
    _change_return(session, step, {}, suits, lambda _, row: rule(row))


def receive_return(session: Session) -> None:
    """Receive all of a return or a part of it, with or without restock."""
    chance, world = session.random, session.world
    is_restocked, receives_all = chance.random() < 0.5, chance.random() < 0.5
    body: dict[str, Any] = {"restock": is_restocked}

    def rule(order: Order, row: Return) -> None:
        arrived = dict(row.units)
        if not receives_all:
            arrived = {pk: chance.randint(0, count) for pk, count in row.units.items()}
            body["items"] = rows_of(arrived)
        returning.receive(world, order, row, arrived, restock=is_restocked)

    _change_return(session, "receive", body, {"approved"}, rule)


def _change_return(
    session: Session,
    step: str,
    body: dict[str, Any],
    suits: set[str],
    rule: Callable[[Order, Return], None],
) -> None:
    order = session.pick(lambda order: any(row.status in suits for row in order.returns))
    if not order.returns:
        return
    row = session.prefer(order.returns, lambda row: row.status in suits)
    path = f"/api/returns/{row.return_id}/{step}/"
    if played := session.play(lambda: rule(order, row), path, body, session.staff):
        compare("return", view_of_return(row), played[1])


def refund_order(session: Session) -> None:
    """Refund items, the shipping, an amount, a return or all that is left of an order."""
    order = session.pick(lambda order: order.paid > order.refunded)
    wish = _wish(session, order, with_return=True)
    played = session.play(
        lambda: refunding.refund_order(session.world, order, wish),
        f"/api/orders/{order.order_id}/refunds/",
        _body_of(wish),
        session.staff,
        succeeds=201,
    )
    if played:
        compare("refund", {"amount": show(played[0])}, played[1])


def refund_payment(session: Session) -> None:
    """Refund a payment or a part of it."""
    order = session.pick(lambda order: any(payment.left for payment in order.payments))
    if not order.payments:
        return
    payment = session.prefer(order.payments, lambda payment: payment.left)
    wish = _wish(session, order, with_return=False)
    played = session.play(
        lambda: refunding.refund_payment(session.world, order, payment, wish),
        f"/api/payments/{payment.payment_id}/refunds/",
        _body_of(wish),
        session.staff,
        succeeds=201,
    )
    if played:
        compare("refund", {"amount": show(played[0]), "status": "succeeded"}, played[1])


def _wish(session: Session, order: Order, *, with_return: bool) -> refunding.Wish:
    chance = session.random
    wish = refunding.Wish(restock=chance.random() < 0.2)
    if with_return and order.returns and chance.random() < 0.5:
        wish.of_return = chance.choice(order.returns)
        wish.restock = False  # receiving the return does so
    if chance.random() < (0.6 if wish.of_return is None else 0.2):
        wish.units = _some_units(session, order, lambda item: item.unrefunded)
    wish.shipping = chance.random() < 0.15
    if chance.random() < 0.4:
        wish.amount = chance.randint(1, max(1, order.total // 3))
    return wish


def _body_of(wish: refunding.Wish) -> dict[str, Any]:
    body: dict[str, Any] = {"restock": wish.restock, "shipping": wish.shipping}
    body |= {"items": rows_of(wish.units)} if wish.units else {}
    body |= {} if wish.amount is None else {"amount": show(wish.amount)}
    body |= {} if wish.of_return is None else {"return_id": wish.of_return.return_id}
    return body


def _some_units(session: Session, order: Order, available: Callable[[Item], int]) -> Units:
    """Return units of some items, mostly of those that are available."""
    chance = session.random
    products = chance.sample(sorted(order.items), chance.randint(1, len(order.items)))
    limits = {pk: available(order.items[pk]) for pk in products}
    if any(limits.values()) and chance.random() < 0.85:
        return {pk: chance.randint(1, limit) for pk, limit in limits.items() if limit > 0}
    return {pk: chance.randint(1, order.items[pk].quantity + 1) for pk in products}


OPERATIONS: dict[Callable[[Session], None], int] = {
    place: 12,
    restock: 1,
    pay: 22,
    confirm_payment: 5,
    cancel_payment: 3,
    void_payment: 2,
    record_payment: 7,
    capture_payment: 2,
    confirm_order: 3,
    cancel_order: 3,
    cancel_items: 7,
    fulfil: 16,
    deliver_fulfilment: 6,
    cancel_fulfilment: 4,
    request_return: 9,
    decide_return: 9,
    receive_return: 8,
    refund_order: 9,
    refund_payment: 3,
}
"""How often each operation is chosen, in proportion to the others."""
