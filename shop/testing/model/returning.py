"""The rules of returns."""

from shop.testing.model.world import Item, Order, Refused, Return, Units, World


def request(order: Order, units: Units) -> Return:
    """Ask to return shipped units that no other return expects."""
    for pk, count in units.items():
        if count > returnable(order, order.items[pk]):
            raise Refused("return_limit")
    row = Return(units)
    order.returns.append(row)
    return row


def returnable(order: Order, item: Item) -> int:
    """Return the shipped units that are in no return."""
    expected = sum(
        each.units.get(item.product_id, 0)
        for each in order.returns
        if each.status in {"requested", "approved"}
    )
    return max(0, item.fulfilled - item.returned - expected)


def decide(row: Return, status: str) -> None:
    """Approve or reject a requested return."""
    _move(row, status, {"requested"})


def close(row: Return) -> None:
    """Close a return."""
    _move(row, "closed", {"approved", "received"})


def receive(world: World, order: Order, row: Return, arrived: Units, *, restock: bool) -> None:
    """Record which units of an approved return arrived."""
    if row.status != "approved":
        raise Refused("illegal_transition")
    for pk, count in arrived.items():
        item = order.items[pk]
        stock = count if restock else 0
        if count > row.units.get(pk, 0) or item.returned > item.fulfilled - count:
            raise Refused("return_limit")
        if item.restocked > item.quantity - item.cancelled - stock:
            raise Refused("return_limit")
    row.status, row.received = "received", arrived
    for pk, count in arrived.items():
        item = order.items[pk]
        item.returned += count
        if restock:
            item.restocked += count
            row.restocked[pk] = count
            world.stock[pk] += count


def _move(row: Return, status: str, sources: set[str]) -> None:
    if row.status not in sources:
        raise Refused("illegal_transition")
    row.status = status
