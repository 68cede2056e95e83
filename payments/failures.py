"""Why payments and refunds fail: a closed set of codes, with a sentence for buyers and staff.

Gateways translate what their provider says into one of these codes. Reasons that would help someone
who tests stolen cards, such as a suspicion of fraud, are ``card_declined``.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

FAILURE_CODE_LENGTH = 30


class FailureCode(TextChoices):
    """Why a payment or refund failed."""

    CARD_DECLINED = "card_declined", "Card declined"
    INSUFFICIENT_FUNDS = "insufficient_funds", "Insufficient funds"
    EXPIRED_CARD = "expired_card", "Expired card"
    INCORRECT_DETAILS = "incorrect_details", "Incorrect details"
    AUTHENTICATION_FAILED = "authentication_failed", "Authentication failed"
    LIMIT_EXCEEDED = "limit_exceeded", "Limit exceeded"
    METHOD_NOT_SUPPORTED = "method_not_supported", "Method not supported"
    TOKEN_INVALID = "token_invalid", "Invalid token"
    AMOUNT_TOO_SMALL = "amount_too_small", "Amount too small"
    AMOUNT_TOO_LARGE = "amount_too_large", "Amount too large"
    ACCOUNT_NOT_ACTIVE = "account_not_active", "Account of the shop not active"
    PROVIDER_UNAVAILABLE = "provider_unavailable", "Provider unavailable"
    CHARGE_DISPUTED = "charge_disputed", "Charge disputed"
    ACCOUNT_CLOSED = "account_closed", "Card or account closed"
    BALANCE_TOO_LOW = "balance_too_low", "Balance of the shop too low"
    ALREADY_REFUNDED = "already_refunded", "Already refunded"
    UNKNOWN = "unknown", "Unknown"


_F = FailureCode
_TRY_ANOTHER = _("The payment was declined. Please choose another card or payment method.")

_SENTENCES = {
    _F.CARD_DECLINED: _TRY_ANOTHER,
    _F.INSUFFICIENT_FUNDS: _(
        "There is not enough money on the card or account. Please choose another one."
    ),
    _F.EXPIRED_CARD: _("The card has expired. Please choose another card."),
    _F.INCORRECT_DETAILS: _("The details of the card are not correct. Please check them."),
    _F.AUTHENTICATION_FAILED: _(
        "Your bank could not confirm that it is you. Please try again, or choose another card."
    ),
    _F.LIMIT_EXCEEDED: _("The limit of the card is reached. Please choose another card."),
    _F.METHOD_NOT_SUPPORTED: _(
        "The card or payment method does not support this payment. Please choose another one."
    ),
    _F.TOKEN_INVALID: _("The payment details cannot be used any more. Please enter them again."),
    _F.AMOUNT_TOO_SMALL: _("The amount is too small for this payment method."),
    _F.AMOUNT_TOO_LARGE: _("The amount is too large for this payment method."),
    _F.ACCOUNT_NOT_ACTIVE: _(
        "The shop cannot use this payment method at the moment. Please choose another one."
    ),
    _F.PROVIDER_UNAVAILABLE: _(
        "The payment service could not process the request. Please try again later."
    ),
    _F.CHARGE_DISPUTED: _("The buyer has disputed the payment, so it cannot be refunded."),
    _F.ACCOUNT_CLOSED: _(
        "The card or account that was used cannot receive money any more. "
        "The money has to be returned in another way."
    ),
    _F.BALANCE_TOO_LOW: _("The shop's balance at the payment service is too low for the refund."),
    _F.ALREADY_REFUNDED: _("The payment service has refunded this payment before."),
    _F.UNKNOWN: _("The payment service has refused this without a reason."),
}


def describe_failure(code: str) -> str | None:
    """Return the sentence for a code in the active language, or None for the empty code."""
    return str(_SENTENCES[FailureCode(code)]) if code else None
