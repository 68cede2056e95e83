"""Why Stripe refused something, as one of the shop's codes (``payments.failures``).

docs.stripe.com/error-codes, docs.stripe.com/declines/codes and
docs.stripe.com/api/refunds/object#refund_object-failure_reason.
"""

from typing import Any

from payments.failures import FailureCode

_F = FailureCode
_CODES = {
    # Declines. Suspicions of the bank are not named, since they would help thieves.
    "insufficient_funds": _F.INSUFFICIENT_FUNDS,
    "withdrawal_count_limit_exceeded": _F.LIMIT_EXCEEDED,
    "card_velocity_exceeded": _F.LIMIT_EXCEEDED,
    "charge_exceeds_source_limit": _F.LIMIT_EXCEEDED,
    "expired_card": _F.EXPIRED_CARD,
    "invalid_expiry_month": _F.INCORRECT_DETAILS,
    "invalid_expiry_year": _F.INCORRECT_DETAILS,
    "incorrect_number": _F.INCORRECT_DETAILS,
    "invalid_number": _F.INCORRECT_DETAILS,
    "invalid_account": _F.INCORRECT_DETAILS,
    "incorrect_cvc": _F.INCORRECT_DETAILS,
    "invalid_cvc": _F.INCORRECT_DETAILS,
    "incorrect_pin": _F.INCORRECT_DETAILS,
    "invalid_pin": _F.INCORRECT_DETAILS,
    "incorrect_zip": _F.INCORRECT_DETAILS,
    "incorrect_address": _F.INCORRECT_DETAILS,
    "authentication_required": _F.AUTHENTICATION_FAILED,
    "payment_intent_authentication_failure": _F.AUTHENTICATION_FAILED,
    "setup_intent_authentication_failure": _F.AUTHENTICATION_FAILED,
    "card_not_supported": _F.METHOD_NOT_SUPPORTED,
    "currency_not_supported": _F.METHOD_NOT_SUPPORTED,
    "service_not_allowed": _F.METHOD_NOT_SUPPORTED,
    "payment_method_not_available": _F.METHOD_NOT_SUPPORTED,
    "payment_method_unactivated": _F.METHOD_NOT_SUPPORTED,
    "payment_method_currency_mismatch": _F.METHOD_NOT_SUPPORTED,
    "processing_error": _F.PROVIDER_UNAVAILABLE,
    "issuer_not_available": _F.PROVIDER_UNAVAILABLE,
    "reenter_transaction": _F.PROVIDER_UNAVAILABLE,
    "try_again_later": _F.PROVIDER_UNAVAILABLE,
    "rate_limit": _F.PROVIDER_UNAVAILABLE,
    "card_declined": _F.CARD_DECLINED,
    "payment_intent_payment_attempt_failed": _F.CARD_DECLINED,
    "payment_method_provider_decline": _F.CARD_DECLINED,
    "payment_method_customer_decline": _F.CARD_DECLINED,
    # Requests that Stripe refuses.
    "resource_missing": _F.TOKEN_INVALID,
    "payment_method_unexpected_state": _F.TOKEN_INVALID,
    "token_already_used": _F.TOKEN_INVALID,
    "parameter_invalid_empty": _F.TOKEN_INVALID,
    "amount_too_small": _F.AMOUNT_TOO_SMALL,
    "invalid_amount": _F.AMOUNT_TOO_SMALL,
    "amount_too_large": _F.AMOUNT_TOO_LARGE,
    "account_invalid": _F.ACCOUNT_NOT_ACTIVE,
    "account_closed": _F.ACCOUNT_NOT_ACTIVE,
    "country_unsupported": _F.ACCOUNT_NOT_ACTIVE,
    "account_country_invalid_address": _F.ACCOUNT_NOT_ACTIVE,
    "testmode_charges_only": _F.ACCOUNT_NOT_ACTIVE,
    "livemode_mismatch": _F.ACCOUNT_NOT_ACTIVE,
    "api_key_expired": _F.ACCOUNT_NOT_ACTIVE,
    # Refunds.
    "charge_disputed": _F.CHARGE_DISPUTED,
    "disputed_charge": _F.CHARGE_DISPUTED,
    "charge_already_refunded": _F.ALREADY_REFUNDED,
    "lost_or_stolen_card": _F.ACCOUNT_CLOSED,
    "expired_or_canceled_card": _F.ACCOUNT_CLOSED,
    "charge_for_pending_refund_disputed": _F.CHARGE_DISPUTED,
    "insufficient_balance": _F.BALANCE_TOO_LOW,
    "balance_insufficient": _F.BALANCE_TOO_LOW,
    "declined": _F.CARD_DECLINED,
}


def of_error(error: Any) -> FailureCode:
    """Return the code of an error that a call raised, or of ``last_payment_error``.

    Both have a code, and a decline code that is more exact.
    """
    details = getattr(error, "error", None) or error
    decline = getattr(details, "decline_code", None)
    code = getattr(details, "code", None) or getattr(error, "code", None)
    return _CODES.get(decline or "") or _CODES.get(code or "") or _unknown(error)


def of_refund(refund: Any) -> FailureCode:
    """Return why a refund failed."""
    return _CODES.get(getattr(refund, "failure_reason", None) or "", _F.UNKNOWN)


def _unknown(error: Any) -> FailureCode:
    """Return the code for an error that is not in the table: an unknown decline is a decline."""
    is_decline = getattr(error, "decline_code", None) or getattr(error, "code", None)
    is_card = type(error).__name__ == "CardError" or getattr(error, "type", "") == "card_error"
    return _F.CARD_DECLINED if is_card and is_decline else _F.UNKNOWN
