"""What a cart costs, computed unit by unit and with whole numbers.

Discounts on units look at each unit of a cart. A split hands out one smallest unit after another.
A rate of shipping is found by asking for each degree of precision in turn.
"""

from typing import Any

from shop.testing.recomputation.numbers import Case, nearest
from shop.testing.recomputation.taxes import Taxes


class Recomputation(Taxes):
    """The cost of one cart."""

    def result(self) -> Case:
        """Return all amounts."""
        self.unit_prices = {item["id"]: self._abroad(item, "price") for item in self.items}
        self.rest = {i["id"]: self.unit_prices[i["id"]] * i["quantity"] for i in self.items}
        self.subtotal = sum(self.rest.values())
        self.discounts: list[Case] = []
        self.is_shipping_free: Case | None = None
        self.vouchers: list[tuple[Any, ...]] = []
        self._discount()
        offered, selected, price = self._shipping()
        return self._sum_up(offered, selected, price)

    def _sum_up(self, offered: Any, selected: str | None, price: int) -> Case:
        shipping = 0 if self.is_shipping_free else price
        if self.is_shipping_free and price:
            parts = {None: price}
            position = self._position_of_free_shipping()
            self.discounts.insert(position, {**self.is_shipping_free, "parts": parts})
        fee = nearest(self.restate(self.case["fee"], ""))
        rows, taxes = self._taxes(shipping, selected, fee)
        tax_total = sum(amount for *_, amount in rows)
        items = sum(self.rest.values())
        return {
            "unit_prices": self.unit_prices,
            "regular_prices": {item["id"]: self._abroad(item, "regular") for item in self.items},
            "subtotal": self.subtotal,
            "discounts": self.discounts,
            "discount_total": self.subtotal - items,
            "vouchers": self.vouchers,
            "offered": offered,
            "selected": selected,
            "shipping_price": price,
            "shipping_total": shipping,
            "fee_total": fee,
            "rows": rows,
            "taxes": taxes,
            "tax_total": tax_total,
            "gross": self.gross,
            "total": items + shipping + fee + (0 if self.gross else tax_total),
        }

    def _position_of_free_shipping(self) -> int:
        """Return how many discounts on items were applied before."""
        order = [promotion["id"] for promotion in self.case["promotions"]]
        order += [one["promotion"]["id"] for one in self.case["vouchers"] if one["promotion"]]
        free = order.index(self.is_shipping_free["id"])
        return sum(order.index(discount["id"]) < free for discount in self.discounts)
