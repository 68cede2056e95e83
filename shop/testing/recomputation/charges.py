"""The rates of tax of a cart, and its prices at the destination."""

from fractions import Fraction

from shop.testing.recomputation.numbers import Case, nearest


class Charges:
    """The items of a cart, with the tax that applies to them."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.items = sorted(case["items"], key=lambda item: item["id"])
        self.place = case["destination"]
        self.home = {"country": case["home"], "region": "", "postal_code": ""}
        self.is_reverse = (
            case["reverse_charge"]
            and self.place is not None
            and self.place["country"] != case["home"]
        )
        self.gross = case["gross"] and not self.is_reverse

    def tax_rate(self, place: Case, tax_class: str) -> tuple[int, str, str] | None:
        """Return rate, country and region, or None."""
        wanted = [
            (place["country"], place["region"], tax_class),
            (place["country"], "", tax_class),
            (place["country"], place["region"], ""),
            (place["country"], "", ""),
        ]
        table = {tuple(key): rate for *key, rate in self.case["tax_rates"]}
        for key in wanted:
            if key in table:
                return table[key], key[0], key[1]
        return None

    def charge(self, tax_class: str) -> tuple[int, str, str, str]:
        """Return rate, country, region and reason at the destination."""
        place = self.place or self.home
        found = self.tax_rate(place, tax_class)
        if self.is_reverse:
            return 0, found[1] if found else place["country"], "", "reverse_charge"
        if found is None:
            return 0, place["country"], "", "no_rate"
        if self.place is None:
            return *found, "address_missing"
        is_home = place["country"] == self.case["home"]
        return *found, "home_country" if is_home else "destination_country"

    def home_rate(self, tax_class: str) -> int:
        """Return the rate that is within prices."""
        found = self.tax_rate(self.home, tax_class)
        return found[0] if found else 0

    def is_restated(self) -> bool:
        """Return whether prices change."""
        restates = self.case["abroad"] == "restate" or self.is_reverse
        return self.case["gross"] and self.place is not None and restates

    def _abroad(self, item: Case, name: str) -> int:
        return nearest(self.restate(item[name], item["tax_class"]))

    def restate(self, amount: int, tax_class: str) -> Fraction:
        """Return a price without the tax of home, and with that of the destination."""
        if not self.is_restated():
            return Fraction(amount)
        net = Fraction(amount * 10_000, 10_000 + self.home_rate(tax_class))
        return net + net * self.charge(tax_class)[0] / 10_000
