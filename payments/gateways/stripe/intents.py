"""Payment intents: create, find, confirm and cancel them, and read what became of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from django.conf import settings

from payments.gateways.base import Charge, ChargeUnknown, Outcome, OutcomeStatus
from payments.gateways.stripe import failures, parsing
from payments.gateways.stripe.amounts import to_minor
from payments.gateways.stripe.client import REFUSALS, patiently, report_refusal
from shop.core.postal_addresses import PostalAddress

# Stripe stores the response to a key for 24 hours (docs.stripe.com/api/idempotent_requests).
_KEY_LIFETIME = timedelta(hours=23)
# Stripe's clock and ours may differ by this much.
_CLOCK_SKEW = timedelta(minutes=10)
_WITH_CHARGE: Any = {"expand": ["latest_charge"]}
"""The parameter with which an intent contains its charge, which says when it must be captured."""
# docs.stripe.com/get-started/account/statement-descriptors
_SUFFIX = 22
# docs.stripe.com/error-codes
_FINAL = ("payment_intent_authentication_failure", "payment_intent_payment_attempt_failed")


def create(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent:
    """Create the intent, or get the stored response of the first request with this key.

    Stripe requires the same parameters for a repeated key. They depend on the rows of payment and
    order, and on settings. Where these have changed, ``find`` looks for the intent in the list.
    """
    parameters: Any = {
        "amount": to_minor(charge.amount, charge.currency),
        "currency": charge.currency.lower(),
        # A redirect needs a page of the storefront to return to. 3-D Secure needs none.
        "automatic_payment_methods": {
            "enabled": True,
            "allow_redirects": "always" if may_redirect(charge) else "never",
        },
        "capture_method": "manual" if charge.captures_later else "automatic",
        "description": f"Order {charge.order_id}",
        # Other shops may use the same account.
        "metadata": {
            "order_id": str(charge.order_id),
            "payment_key": charge.key,
            "shop": settings.SHOP_NAME,
        },
        **_details(charge),
    }
    return api.payment_intents.create(parameters, {"idempotency_key": charge.key})


def may_redirect(charge: Charge) -> bool:
    """Return whether methods are allowed that take the buyer to another page, such as iDEAL."""
    return bool(charge.return_url) and settings.STRIPE_REDIRECT_METHODS


def _details(charge: Charge) -> dict[str, Any]:
    """Return what Stripe's checks for fraud want of the order, and what the bank shows for it."""
    details = charge.details
    if details is None:
        return {}
    known: dict[str, Any] = {"statement_descriptor_suffix": f"ORDER {details.number}"[:_SUFFIX]}
    if details.email and settings.STRIPE_RECEIPTS:
        known["receipt_email"] = details.email
    address = details.address
    if address is not None and address.name and address.line1:
        known["shipping"] = _shipping(address, details.phone)
    return known


def _shipping(address: PostalAddress, phone: str) -> dict[str, Any]:
    place = {
        "line1": address.line1,
        "line2": address.line2,
        "postal_code": address.postal_code,
        "city": address.city,
        "state": address.region,
        "country": address.country,
    }
    shipping: dict[str, Any] = {
        "name": address.name,
        "address": {name: text for name, text in place.items() if text},
    }
    if address.phone or phone:
        shipping["phone"] = address.phone or phone
    return shipping


def confirm_with_token(api: stripe.V1Services, charge: Charge, intent_id: str) -> Outcome:
    """Confirm the intent with the buyer's token. If it is declined, cancel it at once.

    While Stripe has too many requests, the token is tried again. If that does not help, the intent
    is cancelled, because the token is not stored.
    """
    try:
        intent = patiently(lambda: _confirm(api, charge, intent_id))
    except (stripe.CardError, stripe.InvalidRequestError, *REFUSALS) as error:
        if parsing.is_idempotency_error(error):
            raise
        if isinstance(error, REFUSALS):
            report_refusal(error)
        intent = patiently(lambda: cancel(api, intent_id))
        if intent.status == "canceled":
            code = failures.of_error(error)
            return Outcome(OutcomeStatus.FAILED, reference=intent_id, failure_code=code)
    return settle(api, charge, intent)


def _confirm(api: stripe.V1Services, charge: Charge, intent_id: str) -> stripe.PaymentIntent:
    parameters: Any = {"payment_method": charge.token, **_WITH_CHARGE}
    if charge.return_url:
        parameters["return_url"] = charge.return_url
    else:  # The bank's page opens within that of the storefront.
        parameters["use_stripe_sdk"] = True
    key = f"{charge.key}-confirm"
    return api.payment_intents.confirm(intent_id, parameters, {"idempotency_key": key})


def settle(
    api: stripe.V1Services,
    charge: Charge,
    intent: stripe.PaymentIntent,
    *,
    ends_after_failure: bool = False,
) -> Outcome:
    """Return an intent as an outcome. Cancel it first if its last attempt to be paid failed.

    In Stripe's form the buyer may try another card at once, so that a decline does not end the
    payment unless ``ends_after_failure``. A failed authentication and a failed bank debit do.
    """
    error = intent.last_payment_error
    if intent.status != "requires_payment_method" or error is None:
        return parsing.to_outcome(charge, intent)
    if not ends_after_failure and error.code not in _FINAL:
        return parsing.to_outcome(charge, intent)
    parsing.check(charge, intent)
    ended = cancel(api, intent.id)
    if ended.status != "canceled":
        return parsing.to_outcome(charge, ended)
    code = failures.of_error(error)
    return Outcome(OutcomeStatus.FAILED, reference=intent.id, failure_code=code)


def cancel(api: stripe.V1Services, intent_id: str) -> stripe.PaymentIntent:
    """Cancel an intent. Return it as it is if its state does not allow that."""
    try:
        return api.payment_intents.cancel(intent_id)
    except stripe.InvalidRequestError as error:
        return retrieve_after_wrong_state(api, intent_id, error)


def retrieve_after_wrong_state(
    api: stripe.V1Services, intent_id: str, error: stripe.InvalidRequestError
) -> stripe.PaymentIntent:
    """Return the intent if the error says that its state does not allow the call; else raise it."""
    if error.code not in parsing.WRONG_STATE:
        raise error
    return _retrieve(api, intent_id)


def _retrieve(api: stripe.V1Services, intent_id: str) -> stripe.PaymentIntent:
    """Return the present intent. Raises ChargeUnknown if the account does not know it."""
    try:
        return api.payment_intents.retrieve(intent_id, _WITH_CHARGE)
    except stripe.InvalidRequestError as error:
        if error.code != parsing.MISSING:
            raise
        raise ChargeUnknown(f"the account does not know {intent_id}") from error


def find(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent | None:
    """Return the current intent of a charge, or None if it was not and will not be created."""
    if charge.reference:
        return _retrieve(api, charge.reference)
    if age(charge) < _KEY_LIFETIME:
        try:
            # A repeated key returns the stored response, which has the id but an old state.
            return _retrieve(api, create(api, charge).id)
        except stripe.IdempotencyError as error:
            if error.code == "idempotency_key_in_use":
                raise
            # The order or a setting has changed since the first request, which has come.
        except stripe.InvalidRequestError as error:
            if parsing.is_idempotency_error(error):
                raise
            return None
        except stripe.APIError as error:
            if not parsing.is_replayed(error):
                raise
            # Stripe repeats a stored failure, so the list shows whether the intent exists.
    return _find_in_list(api, charge)


def _find_in_list(api: stripe.V1Services, charge: Charge) -> stripe.PaymentIntent | None:
    since = int((charge.created_at - _CLOCK_SKEW).timestamp())
    intents: Any = api.payment_intents.list({"created": {"gte": since}, "limit": 100})
    for intent in intents.auto_paging_iter():
        if parsing.payment_key_of(intent) == charge.key:
            return intent  # type: ignore[no-any-return]
    return None


def age(charge: Charge) -> timedelta:
    """Return how long ago the payment of a charge began."""
    return datetime.now(UTC) - charge.created_at
