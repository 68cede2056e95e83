"""The tax of a cart."""

from fractions import Fraction
from typing import Any

from shop.testing.recomputation.numbers import hand_out, nearest
from shop.testing.recomputation.shipping import Shipping


class Taxes(Shipping):
    """The tax on items, shipping and fee."""

    def _taxes(self, shipping: int, selected: str | None, fee: int) -> tuple[Any, Any]:
        """Return rows of rate, country, region, reason, base and tax; and the tax of each."""
        if not self.case["tax_rates"]:
            return [], {}
        parts = [(i["id"], self.rest[i["id"]], self.charge(i["tax_class"])) for i in self.items]
        parts += self._shipping_parts(shipping, selected)
        if fee:
            parts.append(("fee", fee, self.charge("")))
        rows, taxes = [], dict.fromkeys((target for target, *_ in parts), 0)
        for charge in sorted({charge for *_, charge in parts}, reverse=True):
            group = [(n, amount) for n, (_, amount, own) in enumerate(parts) if own == charge]
            each = self._tax_of_group(dict(group), charge[0])
            for n, amount in each.items():
                taxes[parts[n][0]] += amount
            tax = sum(each.values())
            whole = sum(amount for _, amount in group)
            rows.append((*charge, whole - tax if self.gross else whole, tax))
        return rows, taxes

    def _shipping_parts(self, shipping: int, selected: str | None) -> list[tuple[Any, ...]]:
        if not shipping:
            return []
        (method,) = (one for one in self.case["methods"] if one["code"] == selected)
        country = self.place["country"]
        classes = self._shipping_classes(
            country, method["tax_class"], lambda name: (self.tax_rate(self.place, name) or (0,))[0]
        )
        weights: dict[Any, Fraction] = {}
        for key, share in self._shares().items():
            charge = (0, country, "", "shipping_not_taxed")
            if self.is_reverse:
                charge = self.charge(method["tax_class"])
            elif classes[key] is not None:
                charge = self.charge(classes[key])
            weights[charge] = weights.get(charge, Fraction(0)) + share
        parts = hand_out(shipping, weights)
        return [("shipping", part, charge) for charge, part in parts.items() if part]

    def _tax_of_group(self, amounts: dict[int, int], rate: int) -> dict[int, int]:
        def exact(amount: int) -> Fraction:
            return Fraction(amount * rate, 10_000 + rate if self.gross else 10_000)

        if self.case["rounding"] == "item":
            return {key: nearest(exact(amount)) for key, amount in amounts.items()}
        whole = nearest(exact(sum(amounts.values())))
        return hand_out(whole, {key: Fraction(amount) for key, amount in amounts.items()})
