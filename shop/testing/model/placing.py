"""Placing orders, whose amounts the model takes over after it has added them up."""

from typing import Any

from shop.testing.model.amounts import cents, show
from shop.testing.model.session import Session
from shop.testing.model.views import compare, rows_of, view_of_order
from shop.testing.model.world import Item, Order, Units, World

_ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}
_LOW = 10


def place(session: Session) -> None:
    """Place an order of a user or a guest, with or without shipping and voucher."""
    chance, world = session.random, session.world
    products = [pk for pk, count in world.stock.items() if count >= _LOW]
    if not products:
        return
    chosen = chance.sample(products, min(len(products), chance.randint(1, 3)))
    units = {pk: chance.randint(1, 4) for pk in chosen}
    buyer = chance.choice([*range(len(session.buyers)), None, None])
    headers = {} if buyer is None else session.buyers[buyer]
    cart = session.client.post("/api/cart/", _cart_of(session, units), headers)[1]
    compare(f"cart {cart.body}", 201, cart.status)
    token = cart.body.get("cart_token", "")
    headers = headers or {"X-Cart-Token": token}
    body = {"cart_id": cart.body["cart_id"], "expected_total": cart.body["total"]}
    played = session.play(lambda: _take(world, units), "/api/orders/", body, headers, succeeds=201)
    if played:
        path = f"/api/orders/{played[1]['order_id']}/"
        order = _order_of(world, session.read(path, headers), units, buyer, token)
        world.orders.append(order)


def _cart_of(session: Session, units: Units) -> dict[str, Any]:
    chance = session.random
    body: dict[str, Any] = {"items": rows_of(units), "email": "ada@example.com"}
    if chance.random() < 0.7:
        body["shipping_address"] = _ADDRESS
        body["shipping_method"] = chance.choice(["standard", "express"])
    if chance.random() < 0.3:
        body["voucher_codes"] = ["WELCOME10"]
    return body


def _take(world: World, units: Units) -> None:
    for pk, count in units.items():
        world.stock[pk] -= count


def _order_of(
    world: World, found: dict[str, Any], units: Units, buyer: int | None, token: str
) -> Order:
    """Return the order of a response. Its lines must be price times quantity."""
    items = {}
    for row in found["items"]:
        pk = row["product_id"]
        compare("line total", show(world.prices[pk] * units[pk]), row["line_total"])
        worth = world.prices[pk] * units[pk] - cents(row["discount"])
        items[pk] = Item(pk, units[pk], worth)
    compare("products", sorted(units), sorted(items))
    shipping = cents(found["shipping_total"])
    total = shipping + sum(item.worth for item in items.values())
    order = Order(found["order_id"], buyer, token, total, shipping, items)
    compare("order", view_of_order(order), found)
    return order


def restock(session: Session) -> None:
    """Fill up the product with the least stock."""
    stock = session.world.stock
    pk = min(stock, key=lambda product: stock[product])

    def rule() -> None:
        stock[pk] += 50

    body = {"delta": 50, "reason": "Delivery"}
    session.play(rule, f"/api/products/{pk}/stock/", body, session.staff)
