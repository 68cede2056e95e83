"""Test payment methods and their behaviour (docs.stripe.com/testing)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """The behaviour of a payment method."""

    code: str = ""
    """The error code if the charge is declined."""
    decline_code: str = ""
    message: str = "Your card was declined."
    requires_action: bool = False
    """Whether the charge needs 3-D Secure first."""
    kind: str = "card"
    refund: str = "succeeded"
    """The status of a new refund."""


def _declined(code: str, decline_code: str, message: str = "Your card was declined.") -> Card:
    return Card(code=code, decline_code=decline_code, message=message)


# docs.stripe.com/testing#cards, #declined-payments, #regulatory-cards, #refunds
CARDS = {
    **{f"pm_card_{brand}": Card() for brand in ("visa", "mastercard", "amex", "discover", "jcb")},
    "pm_card_visa_debit": Card(),
    "pm_card_chargeDeclined": _declined("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclined": _declined("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": _declined(
        "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "pm_card_visa_chargeDeclinedLostCard": _declined("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": _declined("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": _declined(
        "expired_card", "expired_card", "Your card has expired."
    ),
    "pm_card_chargeDeclinedIncorrectCvc": _declined(
        "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."
    ),
    "pm_card_chargeDeclinedProcessingError": _declined(
        "processing_error", "processing_error", "An error occurred while processing your card."
    ),
    "pm_card_authenticationRequired": Card(requires_action=True),
    "pm_card_threeDSecure2Required": Card(requires_action=True),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        code="card_declined",
        decline_code="insufficient_funds",
        message="Your card has insufficient funds.",
        requires_action=True,
    ),
    "pm_card_pendingRefund": Card(refund="pending"),
    "pm_card_refundFail": Card(refund="fails"),
    # docs.stripe.com/payments/ach-direct-debit: the payment is processing for days.
    "pm_usBankAccount_success": Card(kind="us_bank_account"),
}
