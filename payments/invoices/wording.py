"""The texts of a document in its language, which has to be active: labels, amounts and days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from orders.models import AdjustmentKind
from payments.invoices.content import Adjustment, Content, Item, Tax
from payments.models import DocumentKind
from shop.core.formats import write_amount, write_day, write_rate

_DISCOUNTS = (AdjustmentKind.DISCOUNT, AdjustmentKind.SHIPPING_DISCOUNT)


class Row(NamedTuple):
    """A label with a value."""

    label: str
    value: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """What a document says, as texts."""

    content: Content

    def money(self, amount: str) -> str:
        """Return an amount with its currency."""
        return write_amount(Decimal(amount), self.content["currency"], self.content["language"])

    def rate(self, rate: str | None) -> str:
        """Return a percentage, "" if it is not known."""
        return "" if rate is None else write_rate(Decimal(rate), self.content["language"])

    def day(self, day: str) -> str:
        """Return a day of the content as people write it."""
        return write_day(date.fromisoformat(day), self.content["language"])

    @property
    def title(self) -> str:
        """What the document is, with its number."""
        return f"{_kind(self.content['kind'])} {self.content['number']}"

    def facts(self) -> Iterator[Row]:
        """Yield what is on the right of the address of the buyer."""
        order, reference = self.content["order"], self.content["refers_to"]
        yield Row(_("Number"), self.content["number"])
        yield Row(_("Date"), self.day(self.content["issued_on"]))
        yield Row(_("Order number"), order["number"])
        yield Row(_("Order date"), self.day(order["placed_on"]))
        if reference is not None:
            issued_on = self.day(reference["issued_on"])
            yield Row(_kind(reference["kind"]), f"{reference['number']}\n{issued_on}")
        elif order["shipped_on"] is not None:
            yield Row(_("Date of supply"), self.day(order["shipped_on"]))
        elif order["paid_on"] is not None:
            yield Row(_("Date of payment"), self.day(order["paid_on"]))
        if self.content["buyer"]["vat_number"]:
            yield Row(_("Your VAT number"), self.content["buyer"]["vat_number"])

    def item_headings(self) -> tuple[str, ...]:
        """Return the headings of the table of items."""
        return "#", _("Item"), _("Quantity"), _("Unit price"), _("Tax"), _("Amount")

    def item(self, number: int, item: Item) -> tuple[str, ...]:
        """Return the texts of an item. What is credited of one has no unit price."""
        is_credited = self.content["refers_to"] is not None
        return (
            str(number),
            _describe(item),
            str(item["quantity"] or ""),
            "" if is_credited else self.money(item["unit_price"]),
            self.rate(item["tax_rate"]),
            self.money(item["line_total"]),
        )

    def totals(self) -> Iterator[Row]:
        """Yield the rows below the items."""
        content = self.content
        if content["adjustments"] and content["items"]:
            yield Row(_("Subtotal"), self.money(content["subtotal"]))
        for adjustment in content["adjustments"]:
            sign = "-" if adjustment["kind"] in _DISCOUNTS else ""
            yield Row(_label(adjustment), self.money(f"{sign}{adjustment['amount']}"))
        if not content["prices_include_tax"]:
            for tax in content["taxes"]:
                yield Row(self.tax_name(tax), self.money(tax["amount"]))
        yield Row(_("Total"), self.money(content["total"]), is_total=True)

    def tax_headings(self) -> tuple[str, ...]:
        """Return the headings of the table of taxes."""
        return _("Tax rate"), _("Net"), _("Tax"), _("Gross")

    def tax(self, tax: Tax) -> tuple[str, ...]:
        """Return the texts of a rate of tax."""
        gross = Decimal(tax["base"]) + Decimal(tax["amount"])
        amounts = (tax["base"], tax["amount"], str(gross))
        return self.tax_name(tax), *map(self.money, amounts)

    def tax_name(self, tax: Tax) -> str:
        """Return a rate with its name, such as VAT 19 %."""
        return f"{tax['name']} {self.rate(tax['rate'])}"

    def remarks(self) -> Iterator[str]:
        """Yield the sentences below the amounts."""
        yield from (note["text"] for note in self.content["notes"])
        paid_on, reference = self.content["order"]["paid_on"], self.content["refers_to"]
        if reference is None and paid_on is not None:
            yield _("The invoice was paid on {day}.").format(day=self.day(paid_on))
        if reference is not None and self.content["kind"] == DocumentKind.INVOICE:
            text = _("This invoice takes the credit note {number} back, whose refund has failed.")
            yield text.format(number=reference["number"])

    def seller_columns(self) -> list[list[str]]:
        """Return who sells, in up to three columns."""
        seller = self.content["seller"]
        bank = seller["bank"]
        columns = [
            [seller["name"], *seller["address"], seller["email"], seller["phone"]],
            [
                _labelled(_("VAT number"), seller["vat_number"]),
                _labelled(_("Tax number"), seller["tax_number"]),
                seller["register"],
            ],
            [bank["name"], _labelled("IBAN", bank["iban"]), _labelled("BIC", bank["bic"])],
        ]
        return [lines for column in columns if (lines := [line for line in column if line])]

    def page(self, number: int, pages: str) -> str:
        """Return the number of a page."""
        return _("Page {page} of {pages}").format(page=number, pages=pages)

    def shipping_heading(self) -> str:
        """Return what is above the shipping address."""
        return _("Shipping address")


def _kind(kind: str) -> str:
    return str(DocumentKind(kind).label)


def _labelled(label: str, value: str) -> str:
    return f"{label}: {value}" if value else ""


def _describe(item: Item) -> str:
    options = ", ".join(f"{name}: {value}" for name, value in item["options"].items())
    return "\n".join(line for line in (item["name"], options, item["sku"]) if line)


def _label(adjustment: Adjustment) -> str:
    kind, name = adjustment["kind"], adjustment["name"]
    if kind == "refund":
        return _("Refund")
    if kind == "cancellation":
        return _("Cancelled items")
    if kind == AdjustmentKind.SHIPPING and name:
        return _("Shipping: {name}").format(name=name)
    label = name or str(AdjustmentKind(kind).label)
    return f"{label} ({adjustment['voucher']})" if adjustment["voucher"] else label
