"""The payment methods that carts list. The app of payments registers them.

A cart does not know how it will be paid. Its response lists the methods so that a client can show
them with the cart.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from shop.core.money import ZERO, show


@dataclass(frozen=True)
class PaymentMethod:
    """A payment method that buyers can choose. Amounts are in the shop's currency."""

    code: str
    name: str
    fee: Decimal = ZERO
    """What an order costs more if it is paid by this method."""
    maximum_total: Decimal | None = None
    """The largest order that the method accepts, with its fee; None for no limit."""
    client: Mapping[str, Any] = field(default_factory=dict)
    """What the client needs to use the method, such as a publishable key. It is public."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The names in further languages of the shop, by code."""

    def name_in(self, language: str) -> str:
        """Return the name in a language, by default the shop's own."""
        return self.names.get(language, self.name)

    def body_in(self, language: str) -> dict[str, Any]:
        """Return the method in the response of a cart."""
        return self._bodies.get(language, self._body)

    @cached_property
    def _bodies(self) -> dict[str, dict[str, Any]]:
        return {language: {**self._body, "name": name} for language, name in self.names.items()}

    @cached_property
    def _body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "name": self.name,
            "fee": show(self.fee),
            "client": self.client,
        }

    def accepts(self, total: Decimal) -> bool:
        """Return whether an order of this total, without the fee, can be paid by the method."""
        return self.maximum_total is None or total + self.fee <= self.maximum_total


_providers: list[Callable[[], Iterable[PaymentMethod]]] = []


def register(provider: Callable[[], Iterable[PaymentMethod]]) -> None:
    """Add a function that returns the methods which buyers can choose now."""
    if provider not in _providers:
        _providers.append(provider)


def payment_methods() -> list[PaymentMethod]:
    """Return the methods that buyers can choose, in the order in which they are shown."""
    return [method for provider in _providers for method in provider()]
