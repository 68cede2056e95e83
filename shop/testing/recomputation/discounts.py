"""The discounts of a cart, unit by unit."""

from fractions import Fraction
from typing import Any

from shop.testing.recomputation.charges import Charges
from shop.testing.recomputation.numbers import Case, hand_out, nearest


class Discounts(Charges):
    """The items of a cart, reduced by promotions and vouchers."""

    rest: dict[int, int]
    discounts: list[Case]
    vouchers: list[tuple[Any, ...]]
    is_shipping_free: Case | None

    def _discount(self) -> None:
        for promotion in self.case["promotions"]:
            if self._wrong_time(promotion) is None:
                self._apply(promotion, None)
        used: list[str] = []
        for voucher in self.case["vouchers"]:
            reason, facts = self._voucher(voucher, used)
            if reason is None:
                used.append(voucher["code"])
            self.vouchers.append((voucher["code"], reason, facts))

    def _voucher(self, voucher: Case, used: list[str]) -> tuple[str | None, Any]:
        if voucher["reason"]:
            return voucher["reason"], None
        if voucher["promotion"] is None:
            return "unknown", None
        reason = self._wrong_time(voucher["promotion"])
        if reason:
            return reason, None
        if len(used) >= self.case["vouchers_at_once"]:
            return "not_combinable", tuple(used)
        return self._apply(voucher["promotion"], voucher["code"])

    def _wrong_time(self, promotion: Case) -> str | None:
        if (promotion["starts"] or 0) > 0:
            return "not_started"
        if (promotion["ends"] or 0) < 0:
            return "expired"
        if promotion["first_order"] and self.case["first_order"] is False:
            return "not_for_you"
        return None

    def _apply(self, promotion: Case, code: str | None) -> tuple[str | None, Any]:
        """Apply a promotion, and return why it could not be applied."""
        chosen = [item for item in self.items if self._is_chosen(promotion, item)]
        total = sum(self.rest[item["id"]] for item in chosen)
        is_free_shipping = promotion["kind"] == "free_shipping"
        if not (any(item["ships"] for item in chosen) if is_free_shipping else total):
            return "not_for_these_items", None
        if total < (promotion["minimum_total"] or 0):
            return "minimum_total", promotion["minimum_total"] - total
        units = sum(item["quantity"] for item in chosen)
        if units < (promotion["minimum_quantity"] or 0):
            return "not_for_these_items", promotion["minimum_quantity"] - units
        if is_free_shipping:
            return self._free_shipping(promotion, code)
        exact = getattr(self, "_" + promotion["kind"])(promotion, chosen)
        amount = nearest(sum(exact.values(), Fraction(0)))
        if not amount:
            return "not_for_these_items", None
        parts = hand_out(amount, exact, self.rest)
        for key, part in parts.items():
            self.rest[key] -= part
        self.discounts.append({"id": promotion["id"], "code": code, "parts": _positive(parts)})
        return None, None

    def _is_chosen(self, promotion: Case, item: Case) -> bool:
        products, categories = promotion["products"], promotion["categories"]
        if not products and not categories:
            return True
        return bool(
            {item["id"], item["parent"]} & set(products)
            or set(item["categories"]) & set(categories)
        )

    def _free_shipping(self, promotion: Case, code: str | None) -> tuple[str | None, Any]:
        if self.is_shipping_free is not None:
            other = self.is_shipping_free
            return "not_combinable", (other["code"] or f"promotion {other['id']}",)
        self.is_shipping_free = {"id": promotion["id"], "code": code}
        return None, None

    def _percent(self, promotion: Case, chosen: list[Case]) -> dict[int, Fraction]:
        return {i["id"]: Fraction(self.rest[i["id"]] * promotion["value"], 10_000) for i in chosen}

    def _fixed_amount(self, promotion: Case, chosen: list[Case]) -> dict[int, Fraction]:
        total = sum(self.rest[item["id"]] for item in chosen)
        off = min(promotion["value"], total)
        return {i["id"]: Fraction(off * self.rest[i["id"]], total) for i in chosen}

    def _fixed_price(self, promotion: Case, chosen: list[Case]) -> dict[int, Fraction]:
        over = {i["id"]: self.rest[i["id"]] - promotion["value"] * i["quantity"] for i in chosen}
        return {key: Fraction(max(0, value)) for key, value in over.items()}

    def _buy_x_get_y(self, promotion: Case, chosen: list[Case]) -> dict[int, Fraction]:
        units = [
            (Fraction(self.rest[item["id"]], item["quantity"]), item["id"])
            for item in chosen
            for _ in range(item["quantity"])
        ]
        units.sort()
        paid = len(units)
        free = 0
        while paid >= promotion["buy"] + promotion["free"]:
            paid -= promotion["buy"] + promotion["free"]
            free += promotion["free"]
        off = {item["id"]: Fraction(0) for item in chosen}
        for value, key in units[:free]:
            off[key] += value
        return off


def _positive(parts: dict[Any, int]) -> dict[Any, int]:
    return {key: part for key, part in parts.items() if part}
