"""What the model knows: orders with their items, payments, fulfilments and returns, and the stock.

Amounts are in cents, quantities are units, and ``units`` are quantities by product.
"""

from dataclasses import dataclass, field

Units = dict[int, int]

OPEN_PAYMENT = {"pending", "requires_action"}
UNDECIDED = {*OPEN_PAYMENT, "authorised"}


class Refused(Exception):
    """The shop has to refuse the operation, with this error code, and to change nothing."""

    def __init__(self, code: str, status: int = 409) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass
class Item:
    """An item of an order. ``worth`` is what the buyer pays for all units."""

    product_id: int
    quantity: int
    worth: int
    cancelled: int = 0
    fulfilled: int = 0
    returned: int = 0
    restocked: int = 0
    units_refunded: int = 0
    amount_refunded: int = 0

    @property
    def left(self) -> int:
        """How many units can still be shipped."""
        restocked = max(0, self.restocked - self.returned)
        return self.quantity - self.cancelled - self.fulfilled - restocked

    @property
    def unrefunded(self) -> int:
        """How many units were neither cancelled nor refunded."""
        return self.quantity - self.cancelled - self.units_refunded

    @property
    def cancellable(self) -> int:
        """How many units can be cancelled."""
        return max(0, min(self.left, self.unrefunded))

    @property
    def restockable(self) -> int:
        """How many units are not in stock again."""
        return self.quantity - self.cancelled - self.restocked


@dataclass
class Payment:
    """A payment. ``token`` is what the buyer sent, and chooses the result of a demo card."""

    method: str
    amount: int
    status: str = "pending"
    payment_id: int = 0
    captured: int = 0
    capturable: int = 0
    refunded: int = 0
    is_late: bool = False
    is_partial: bool = False
    was_authorised: bool = False
    has_pending_refund: bool = False
    token: str = ""

    @property
    def left(self) -> int:
        """What can still be refunded."""
        return self.captured - self.refunded

    @property
    def authorised_left(self) -> int:
        """What can still be captured."""
        return self.amount if self.status == "authorised" else self.capturable

    @property
    def is_recorded_by_staff(self) -> bool:
        """Whether staff record its money."""
        return self.method == "bank_transfer"


@dataclass
class Fulfilment:
    """Units that were shipped together."""

    units: Units
    status: str = "shipped"
    fulfilment_id: int = 0


@dataclass
class Return:
    """Units that come back. ``refunded`` are those that were refunded for it."""

    units: Units
    status: str = "requested"
    return_id: int = 0
    received: Units = field(default_factory=dict)
    restocked: Units = field(default_factory=dict)
    refunded: Units = field(default_factory=dict)


@dataclass
class Order:
    """An order. ``buyer`` is the number of a user, or None for a guest with a ``cart_token``."""

    order_id: int
    buyer: int | None
    cart_token: str
    total: int
    shipping: int
    items: dict[int, Item]
    payments: list[Payment] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    amount_cancelled: int = 0
    paid: int = 0
    refunded: int = 0
    shipping_refunded: int = 0
    is_cancelled: bool = False
    is_confirmed: bool = False
    is_restocked: bool = False

    @property
    def due(self) -> int:
        """The total without what was cancelled."""
        return self.total - self.amount_cancelled

    @property
    def fulfilled(self) -> int:
        """How many units are in fulfilments."""
        return sum(item.fulfilled for item in self.items.values())

    @property
    def covered(self) -> int:
        """What payments have brought, or may bring."""
        open_amounts = sum(each.amount for each in self.payments if each.status in UNDECIDED)
        return open_amounts + self._brought

    @property
    def secured(self) -> int:
        """What payments have brought, or will bring for sure."""
        authorised = (each.amount for each in self.payments if each.status == "authorised")
        return sum(authorised) + self._brought

    @property
    def _brought(self) -> int:
        return sum(
            each.captured + each.capturable
            for each in self.payments
            if each.status in {"succeeded", "refunded"} and not each.is_late
        )


@dataclass
class World:
    """Everything. ``captures_later`` is true with PAYMENT_CAPTURE=on_shipment.

    With ``captures_parts`` each fulfilment captures what it costs.
    """

    captures_later: bool
    captures_parts: bool = False
    prices: dict[int, int] = field(default_factory=dict)
    stock: dict[int, int] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
