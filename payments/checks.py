"""System checks of payments."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ValidationError
from stdnum import iban

from payments import gateways
from shop.core.vat_numbers import normalize_vat_number


@register()
def check_payment_methods(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Return an error for each name in PAYMENT_METHODS that buyers could not choose."""
    registered, enabled = gateways.registered(), gateways.enabled()
    messages: list[CheckMessage] = [
        Error(
            f"PAYMENT_METHODS contains {name!r}, which is not a payment method.",
            hint=f"The payment methods are {', '.join(registered)}.",
            id="payments.E001",
        )
        if name not in registered
        else Error(
            f"PAYMENT_METHODS contains {name!r}, which is not configured.",
            hint="Set the variables that it needs (docs/settings.md), or remove it.",
            id="payments.E002",
        )
        for name in settings.PAYMENT_METHODS
        if name not in enabled
    ]
    messages += [
        Error(
            f"PAYMENT_METHOD_NAMES contains {name!r}, which is not a payment method.",
            hint=f"The payment methods are {', '.join(registered)}.",
            id="payments.E006",
        )
        for name in settings.PAYMENT_METHOD_NAMES
        if name not in registered
    ]
    if not enabled:
        messages.append(
            CheckWarning(
                "Buyers have no payment method.",
                hint="Set PAYMENT_METHODS, or the variables of a provider (docs/settings.md).",
                id="payments.W001",
            )
        )
    return messages


@register()
def check_seller(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Return an error for each setting that would put something wrong on every invoice."""
    wrong = {
        "payments.E003": _vat_number_error(),
        "payments.E004": _iban_error(),
        "payments.E005": _font_error(),
    }
    return [Error(*texts, id=number) for number, texts in wrong.items() if texts]


def _vat_number_error() -> tuple[str, str] | None:
    number = settings.SELLER_VAT_NUMBER
    try:
        normalize_vat_number(number, settings.HOME_COUNTRY or number[:2].upper())
    except ValidationError:
        hint = "Set it as the tax office wrote it, or SELLER_TAX_NUMBER instead."
        return (f"SELLER_VAT_NUMBER={number} is not a VAT number.", hint) if number else None
    return None


def _iban_error() -> tuple[str, str] | None:
    number = settings.SELLER_IBAN
    if not number or iban.is_valid(number):
        return None
    return f"SELLER_IBAN={number} has a wrong digit.", "Set the number of the seller's account."


def _font_error() -> tuple[str, str] | None:
    font = settings.INVOICE_FONT
    if not font or Path(font).is_file():
        return None
    return f"INVOICE_FONT={font} is not a file.", "Set the path of a TrueType or OpenType font."


@register(Tags.compatibility, deploy=True)
def check_invoices(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Warn if invoices are issued that do not say who sells."""
    is_known = settings.SELLER_VAT_NUMBER or settings.SELLER_TAX_NUMBER
    if not settings.INVOICES or (settings.SELLER_ADDRESS and is_known):
        return []
    return [
        CheckWarning(
            "Invoices do not have the address and the VAT number or tax number of the seller.",
            hint="Set SELLER_NAME, SELLER_ADDRESS and SELLER_VAT_NUMBER or SELLER_TAX_NUMBER: an "
            "invoice cannot be changed later. INVOICES=false turns invoices off.",
            id="payments.W002",
        )
    ]


@register(Tags.compatibility, deploy=True)
def check_bank_account(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Warn if buyers can choose a bank transfer, and do not see an account."""
    if "bank_transfer" not in gateways.enabled() or settings.SELLER_IBAN:
        return []
    return [
        CheckWarning(
            "Buyers who pay by bank transfer do not see the account of the shop.",
            hint="Set SELLER_IBAN, and SELLER_BIC and SELLER_BANK if banks ask for them; or remove "
            "bank_transfer from PAYMENT_METHODS.",
            id="payments.W003",
        )
    ]
