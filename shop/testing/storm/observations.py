"""What the clients saw: every answer counted, everything acknowledged written down."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock


@dataclass
class Buyer:
    """One client's books. Pieces count adds that were acknowledged."""

    name: str
    user_id: int = 0
    in_cart: Counter[int] = field(default_factory=Counter)
    orders: dict[int, Decimal] = field(default_factory=dict)
    """Total by order id."""
    items: dict[int, Counter[int]] = field(default_factory=dict)
    """Pieces by product, by order id."""
    payments: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Order id, and the status last seen, by payment id."""
    cancelled: set[int] = field(default_factory=set)


class Ledger:
    """What all of them saw together; threads write to it."""

    def __init__(self) -> None:
        self.buyers: list[Buyer] = []
        self.refunds: dict[int, tuple[int, str]] = {}
        """Payment id and amount by the id of a refund that staff were promised."""
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._lock = Lock()

    def count(self, what: str) -> None:
        """Count an answer, or a dropped connection."""
        with self._lock:
            self.answers[what] += 1

    def accuse(self, sentence: str) -> None:
        """Write down something that may not happen."""
        with self._lock:
            self.wrong.append(sentence)
