"""Payment intents and their states (docs.stripe.com/payments/paymentintents/lifecycle)."""

from copy import deepcopy
from typing import NoReturn

from payments.tests.fake_stripe import currencies, forms
from payments.tests.fake_stripe.account import Account, Object, new_id
from payments.tests.fake_stripe.cards import CARDS, Card
from payments.tests.fake_stripe.charges import Charges
from payments.tests.fake_stripe.errors import ApiError, conflict, invalid, missing
from payments.tests.fake_stripe.events import Events
from payments.tests.fake_stripe.forms import Form

_CONFIRM = (
    "payment_method", "return_url", "off_session", "error_on_requires_action", "use_stripe_sdk",
    "client_secret", "capture_method", "receipt_email", "setup_future_usage", "shipping",
)  # fmt: skip
_CREATE = (
    "amount", "currency", "confirm", "metadata", "description", "automatic_payment_methods",
    "payment_method_types", "customer", "statement_descriptor", "statement_descriptor_suffix",
    "confirmation_method", "payment_method_options", *_CONFIRM,
)  # fmt: skip
_UPDATE = ("amount", "currency", "metadata", "description", "payment_method", "receipt_email")
_CHANGEABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELLABLE = (*_CHANGEABLE, "requires_capture")
_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


class Intents:
    """The endpoints below ``/v1/payment_intents``. Callers hold the account's lock."""

    def __init__(self, account: Account, events: Events, charges: Charges) -> None:
        self.account = account
        self.events = events
        self.charges = charges

    def create(self, form: Form) -> Object:
        """docs.stripe.com/api/payment_intents/create."""
        forms.check_names(form, *_CREATE)
        amount = int(forms.integer({"amount": forms.required(form, "amount")}, "amount") or 0)
        currency = forms.required(form, "currency").lower()
        currencies.check(amount, currency)
        is_confirmed = forms.boolean(form, "confirm")
        if not is_confirmed:
            for name in ("off_session", "error_on_requires_action", "return_url"):
                if name in form:
                    raise invalid(f"`{name}` requires `confirm=true`.", name)
        intent = self._new_intent(form, amount, currency)
        _check_return_url(intent, form, needed=is_confirmed)
        if is_confirmed:
            forms.required(form, "payment_method")
        if "payment_method" in form:
            self._attach(intent, form["payment_method"])
        self.account.intents[intent["id"]] = intent
        self.events.record("payment_intent.created", intent)
        if is_confirmed:
            self._process(intent, form)
        return intent

    def retrieve(self, pk: str) -> Object:
        """docs.stripe.com/api/payment_intents/retrieve."""
        if pk not in self.account.intents:
            raise missing("payment_intent", pk)
        return self.account.intents[pk]

    def update(self, pk: str, form: Form) -> Object:
        """docs.stripe.com/api/payment_intents/update: an ended intent keeps amount and method."""
        forms.check_names(form, *_UPDATE)
        intent = self.retrieve(pk)
        amount = forms.integer(form, "amount")
        changed = [name for name in ("amount", "currency", "payment_method") if name in form]
        if changed and intent["status"] not in _CHANGEABLE:
            message = f"This PaymentIntent's {changed[0]} could not be updated"
            raise_unexpected_state(intent, message, "updated", _CHANGEABLE)
        currency = form.get("currency", intent["currency"]).lower()
        currencies.check(intent["amount"] if amount is None else amount, currency)
        intent |= {"amount": intent["amount"] if amount is None else amount, "currency": currency}
        intent["metadata"] |= forms.metadata(form)
        intent["description"] = form.get("description", intent["description"])
        if "payment_method" in form:
            self._attach(intent, form["payment_method"])
        return intent

    def confirm(self, pk: str, form: Form, *, by_customer: bool) -> Object:
        """docs.stripe.com/api/payment_intents/confirm."""
        forms.check_names(form, *_CONFIRM)
        intent = self.retrieve(pk)
        if by_customer and form.get("client_secret") != intent["client_secret"]:
            raise invalid("No such payment_intent: the client_secret does not match.", "intent")
        if intent["status"] not in _CHANGEABLE:
            raise_unexpected_state(
                intent, "You cannot confirm this PaymentIntent", "confirmed", _CHANGEABLE
            )
        _check_return_url(intent, form, needed=not (by_customer and "use_stripe_sdk" in form))
        if "payment_method" in form:
            self._attach(intent, form["payment_method"])
        if intent["payment_method"] is None:
            raise conflict(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                "payment_intent_unexpected_state",
                payment_intent=deepcopy(intent),
            )
        self._process(intent, form)
        return intent

    def capture(self, pk: str, form: Form) -> Object:
        """docs.stripe.com/api/payment_intents/capture: possible once; the rest is released."""
        forms.check_names(form, "amount_to_capture", "final_capture", "metadata")
        amount = forms.positive(form, "amount_to_capture")
        intent = self.retrieve(pk)
        if intent["status"] != "requires_capture":
            message = "This PaymentIntent could not be captured"
            raise_unexpected_state(intent, message, "captured", ("requires_capture",))
        amount = intent["amount_capturable"] if amount is None else amount
        if amount > intent["amount_capturable"]:
            raise conflict(
                "The amount to capture is greater than the capturable amount of the PaymentIntent.",
                "amount_too_large",
                param="amount_to_capture",
            )
        charge = self.account.charges[intent["latest_charge"]]
        charge |= {"captured": True, "amount_captured": amount}
        intent |= {"amount_received": amount, "amount_capturable": 0}
        intent["metadata"] |= forms.metadata(form)
        self.events.record("charge.captured", charge)
        self.charges.set_status(intent, "succeeded")
        return intent

    def cancel(self, pk: str, form: Form) -> Object:
        """docs.stripe.com/api/payment_intents/cancel: releases an authorisation."""
        forms.check_names(form, "cancellation_reason")
        reason = forms.choice(form, "cancellation_reason", _REASONS)
        intent = self.retrieve(pk)
        is_processing = intent["status"] == "processing" and self.account.cancels_processing
        if intent["status"] not in _CANCELLABLE and not is_processing:
            message = "You cannot cancel this PaymentIntent"
            raise_unexpected_state(intent, message, "canceled", _CANCELLABLE)
        return self.cancel_intent(intent, reason)

    def cancel_intent(self, intent: Object, reason: str | None) -> Object:
        """Cancel an intent whose state allows it, and release its authorisation."""
        if intent["status"] == "requires_capture":
            charge = self.account.charges[intent["latest_charge"]]
            charge |= {"refunded": True, "amount_refunded": charge["amount"]}
            self.events.record("charge.refunded", charge)
        intent |= {"canceled_at": self.account.now(), "cancellation_reason": reason}
        intent["amount_capturable"] = 0
        self.charges.set_status(intent, "canceled")
        return intent

    def cancel_expired_authorisations(self) -> None:
        """Cancel authorisations that were not captured within seven days.

        docs.stripe.com/payments/place-a-hold-on-a-payment-method
        """
        for intent in self.account.intents.values():
            if intent["status"] == "requires_capture":
                card = self.account.charges[intent["latest_charge"]]["payment_method_details"]
                if card["card"]["capture_before"] <= self.account.now():
                    self.cancel_intent(intent, "automatic")

    def _process(self, intent: Object, form: Form) -> None:
        """Require 3-D Secure from the customer, or charge the intent.

        docs.stripe.com/payments/3d-secure/authentication-flow
        """
        refuses_action = any(
            forms.boolean(form, name) for name in ("off_session", "error_on_requires_action")
        )
        if not self.charges.card_of(intent).requires_action:
            self.charges.take(intent)
        elif refuses_action:
            message = "Your card was declined. This transaction requires authentication."
            self.charges.decline(
                intent,
                Card("authentication_required", "authentication_required", message),
            )
        else:
            intent["next_action"] = _next_action(intent, form)
            self.charges.set_status(intent, "requires_action")

    def _attach(self, intent: Object, token: str) -> None:
        """Attach a test card as a new ``pm_…``, or an existing one that has not been used.

        docs.stripe.com/payments/payment-methods: without a customer, a method pays once.
        """
        used = {each["payment_method"] for each in self.account.charges.values() if each["paid"]}
        if token in used:
            message = (
                "The provided PaymentMethod was previously used with a PaymentIntent without "
                "Customer attachment, and may not be used again."
            )
            raise conflict(message, "payment_method_unexpected_state")
        if token in CARDS:
            name, token = token, new_id("pm")
            self.account.cards[token] = name
        if token not in self.account.cards:
            raise missing("PaymentMethod", token, param="payment_method")
        intent["payment_method"] = token
        if intent["status"] == "requires_payment_method":
            intent["status"] = "requires_confirmation"

    def _new_intent(self, form: Form, amount: int, currency: str) -> Object:
        pk = new_id("pi")
        capture = forms.choice(form, "capture_method", ("automatic", "automatic_async", "manual"))
        return {
            "id": pk,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "automatic_payment_methods": _methods(form),
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": capture or "automatic_async",
            "client_secret": new_id(f"{pk}_secret"),
            "confirmation_method": form.get("confirmation_method", "automatic"),
            "created": self.account.now(),
            "currency": currency,
            "customer": form.get("customer"),
            "description": form.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": forms.metadata(form),
            "next_action": None,
            "payment_method": None,
            "payment_method_types": form.get("payment_method_types", ["card"]),
            "receipt_email": form.get("receipt_email"),
            "status": "requires_payment_method",
        }


def _methods(form: Form) -> Object | None:
    """Return the automatic payment methods of an intent, or None if types are given.

    docs.stripe.com/upgrades#2023-08-16
    """
    wanted = form.get("automatic_payment_methods")
    if "payment_method_types" in form:
        if wanted and forms.boolean(wanted, "enabled"):
            message = "You may only specify one of these: payment_method_types, automatic…"
            raise invalid(message, "payment_method_types")
        return None
    wanted = {"enabled": "true"} if wanted is None else wanted
    forms.check_names(wanted, "enabled", "allow_redirects", parent="automatic_payment_methods")
    forms.required(wanted, "enabled")
    redirects = forms.choice(wanted, "allow_redirects", ("always", "never"))
    if not forms.boolean(wanted, "enabled"):
        return None
    return {"enabled": True, "allow_redirects": redirects or "always"}


def _next_action(intent: Object, form: Form) -> Object:
    """Return how the customer authenticates: with Stripe's script, or by a redirect.

    docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action
    """
    if "return_url" not in form or forms.boolean(form, "use_stripe_sdk"):
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    url = f"https://hooks.stripe.com/3d_secure_2/{intent['id']}"
    redirect = {"url": url, "return_url": form["return_url"]}
    return {"type": "redirect_to_url", "redirect_to_url": redirect}


def _check_return_url(intent: Object, form: Form, *, needed: bool) -> None:
    """Raise the 400 if an intent that may redirect is confirmed without a ``return_url``.

    docs.stripe.com/api/payment_intents/create#create_payment_intent-return_url
    """
    methods = intent["automatic_payment_methods"]
    may_redirect = methods is not None and methods["allow_redirects"] == "always"
    if needed and may_redirect and "return_url" not in form:
        raise invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never`.",
            "return_url",
        )


def raise_unexpected_state(
    intent: Object, message: str, verb: str, allowed: tuple[str, ...]
) -> NoReturn:
    """Raise the 400 for a call that the intent's state does not allow.

    docs.stripe.com/error-codes#payment-intent-unexpected-state
    """
    raise ApiError(
        400,
        f"{message} because it has a status of {intent['status']}. Only a PaymentIntent with one of "
        f"the following statuses may be {verb}: {', '.join(allowed)}.",
        was_begun=True,
        code="payment_intent_unexpected_state",
        payment_intent=deepcopy(intent),
    )
