"""What a buyer needs to pay an order by bank transfer, for the message about a new order."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from stdnum import iban

from orders.payments import ActionType, PaymentSummary
from shop.core.formats import write_amount


class TransferRow(NamedTuple):
    """A row of the instructions, such as IBAN and its number."""

    label: str
    text: str


def transfer_rows(payments: Sequence[PaymentSummary], language: str) -> list[TransferRow]:
    """Return the instructions of the first payment that waits for a transfer; else none.

    Labels are in the active language.
    """
    for payment in payments:
        data = payment.next_action.data
        if payment.next_action.type == ActionType.DISPLAY and "reference" in data:
            return list(_rows(data, language))
    return []


def _rows(data: Mapping[str, str], language: str) -> Iterator[TransferRow]:
    yield TransferRow(
        _("Amount"), write_amount(Decimal(data["amount"]), data["currency"], language)
    )
    for name, label in (("account_holder", _("Account holder")), ("iban", "IBAN"), ("bic", "BIC")):
        if text := data.get(name):
            yield TransferRow(label, iban.format(text) if name == "iban" else text)
    if bank := data.get("bank"):
        yield TransferRow(_("Bank"), bank)
    yield TransferRow(pgettext("bank transfer", "Reference"), data["reference"])
