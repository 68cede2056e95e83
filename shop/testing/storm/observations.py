"""What the clients of a load test observed: the responses, and everything that was confirmed."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock


@dataclass
class Purchases:
    """What one customer got confirmed."""

    name: str
    user_id: int = 0
    in_cart: Counter[int] = field(default_factory=Counter)
    """Units by product id."""
    orders: dict[int, Decimal] = field(default_factory=dict)
    """Total by order id."""
    items: dict[int, Counter[int]] = field(default_factory=dict)
    """Units by product id, by order id."""
    payments: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Order id and last status, by payment id."""
    cancelled: set[int] = field(default_factory=set)
    """Ids of cancelled orders."""


class Observations:
    """What all clients observed. Their threads share it."""

    def __init__(self) -> None:
        self.purchases: list[Purchases] = []
        self.refunds: dict[int, tuple[int, str]] = {}
        """Payment id and amount, by the id of a confirmed refund."""
        self.fulfilments: dict[int, tuple[int, int, str]] = {}
        """Order id, units and status, by the id of a confirmed fulfilment."""
        self.returns: dict[int, tuple[int, str]] = {}
        """Order id and last status, by the id of a confirmed return."""
        self.responses: Counter[str] = Counter()
        """Number of responses by status, and of dropped connections."""
        self.violations: list[str] = []
        self._lock = Lock()

    def count(self, name: str) -> None:
        """Count a response or a dropped connection."""
        with self._lock:
            self.responses[name] += 1

    def add_violation(self, sentence: str) -> None:
        """Record a violation of a rule, which fails the test."""
        with self._lock:
            self.violations.append(sentence)
