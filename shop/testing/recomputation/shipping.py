"""The shipping of a cart."""

from fractions import Fraction
from typing import Any

from shop.testing.recomputation.discounts import Discounts
from shop.testing.recomputation.numbers import Case, nearest


class Shipping(Discounts):
    """The methods that are offered, and how shipping is divided among items."""

    def _shipping(self) -> tuple[list[tuple[str, int]], str | None, int]:
        """Return what is offered, the code of the method, and its price."""
        if self.place is None or not any(item["ships"] for item in self.items):
            return [], None, 0
        total = sum(self.rest.values())
        offered = []
        for method in self.case["methods"]:
            rate = self._rate(method, total)
            if rate is not None:
                is_free = method["free_from"] is not None and total >= method["free_from"]
                price = 0 if is_free else nearest(self._restate_shipping(rate, method["tax_class"]))
                offered.append((method["code"], price))
        wanted = self.case["chosen"]
        if not wanted and offered:
            wanted = min(offered, key=lambda one: one[1])[0]
        prices = dict(offered)
        return offered, wanted if wanted in prices else None, prices.get(wanted, 0)

    def _rate(self, method: Case, total: int) -> int | None:
        """Return the price of the first degree of precision that has a rate."""
        weight = sum(item["weight"] * item["quantity"] for item in self.items if item["ships"])
        code = self.place["postal_code"].replace(" ", "").replace("-", "")
        rates = [
            rate
            for rate in method["rates"]
            if _is_in(total, rate["total_from"], rate["total_below"])
            and _is_in(weight, rate["weight_from"], rate["weight_below"])
            and (not rate["countries"] or self.place["country"] in rate["countries"])
            and (not rate["regions"] or self.place["region"] in rate["regions"])
        ]
        for length in range(len(code), -1, -1):
            for needs_region in (True, False):
                for needs_country in (True, False):
                    prices = [
                        rate["price"]
                        for rate in rates
                        if bool(rate["regions"]) == needs_region
                        and bool(rate["countries"]) == needs_country
                        and _has_prefix(rate, code[:length])
                    ]
                    if prices:
                        return min(prices)
        return None

    def _shipped(self) -> list[Case]:
        return [item for item in self.items if item["ships"]]

    def _shares(self) -> dict[int, int]:
        """Return the share of each shipped item in shipping."""
        shares = {item["id"]: self.rest[item["id"]] for item in self._shipped()}
        return shares if sum(shares.values()) else dict.fromkeys(shares, 1)

    def _shipping_classes(self, country: str, tax_class: str, rate_of: Any) -> dict[int, Any]:
        """Return the tax class that each shipped item gives shipping, or None for no tax."""
        how = self.case["shipping_tax"].get(country, "class")
        items = self._shipped()
        if how == "none":
            return {item["id"]: None for item in items}
        if how == "highest":
            best = items[0]["tax_class"]
            for item in items:
                if rate_of(item["tax_class"]) > rate_of(best):
                    best = item["tax_class"]
            return {item["id"]: best for item in items}
        if how == "proportional" and sum(self.rest[item["id"]] for item in items):
            return {item["id"]: item["tax_class"] for item in items}
        return {item["id"]: tax_class for item in items}

    def _restate_shipping(self, amount: int, tax_class: str) -> Fraction:
        if not self.is_restated():
            return Fraction(amount)

        def abroad(name: str) -> int:
            found = self.tax_rate(self.place, name)
            return found[0] if found else 0

        before = self._shipping_classes(self.case["home"], tax_class, self.home_rate)
        after = self._shipping_classes(self.place["country"], tax_class, abroad)
        shares = self._shares()
        result = Fraction(0)
        for key, share in shares.items():
            old = 0 if before[key] is None else self.home_rate(before[key])
            new = 0 if after[key] is None or self.is_reverse else abroad(after[key])
            part = Fraction(amount * share, sum(shares.values()))
            result += part / (10_000 + old) * (10_000 + new)
        return result


def _is_in(value: int, lowest: int | None, limit: int | None) -> bool:
    is_above = lowest is None or value >= lowest
    return is_above and not (limit is not None and value >= limit)


def _has_prefix(rate: Case, prefix: str) -> bool:
    return prefix in rate["prefixes"] if prefix else not rate["prefixes"]
