"""The endpoints below ``/_control/``, in JSON, with which tests control the fake.

| request | effect or response |
|---|---|
| ``POST reset`` | deletes everything |
| ``POST faults`` ``rules, seed`` | replaces the rules of ``faults`` |
| ``POST clear_faults`` | removes every fault, and ends requests that hang |
| ``POST clock`` ``seconds`` | advances the account's clock |
| ``POST webhooks`` (a plan) | replaces the delivery plan of ``webhooks`` |
| ``POST release`` ``order, copies, kinds`` | sends held webhooks; returns the deliveries |
| ``POST authenticate`` ``id, succeed`` | completes 3-D Secure as the customer |
| ``POST process`` ``id, succeed`` | ends an intent that is ``processing`` |
| ``POST finish_refund`` ``id, succeed`` | ends a pending refund, or fails a succeeded one |
| ``POST permit`` ``cancel_processing`` | lets an intent be cancelled that is ``processing`` |
| ``POST end_authorisation`` ``id`` | ends an authorisation before its time |
| ``POST age`` ``id, seconds`` | moves the creation of an intent into the past |
| ``POST refund`` ``id, amount`` | refunds from the dashboard, without our metadata |
| ``POST dispute`` ``id, amount, reason, is_inquiry`` | opens a dispute of an intent |
| ``POST set_dispute`` ``id, status`` | changes a dispute, to ``won`` or ``lost`` for example |
| ``POST warn`` ``id`` | sends an early fraud warning about an intent |
| ``POST review`` ``id`` | puts an intent into review |
| ``POST close_review`` ``id, reason`` | ends a review |
| ``GET unfinished`` | ids of ``processing`` intents and of pending refunds |
| ``GET ledger`` | every charge with its captured, refunded and net amount |
| ``GET state`` | intents, charges, refunds and events, oldest first |
| ``GET requests`` | the requests, with keys, faults and statuses |
| ``GET deliveries`` | sent, held and withheld webhooks, and whether the fake is idle |
"""

from collections.abc import Callable
from typing import Any

from payments.tests.fake_stripe.account import Object
from payments.tests.fake_stripe.api import Api
from payments.tests.fake_stripe.errors import ApiError
from payments.tests.fake_stripe.intents import raise_unexpected_state


def control(api: Api, name: str, body: dict[str, Any]) -> Any:
    """Run the command ``name`` and return its result. Raises KeyError for an unknown name."""
    commands: dict[str, Callable[..., Any]] = {
        "reset": api.reset,
        "faults": lambda rules=(), seed=0: api.faults.set_rules(list(rules), seed=seed),
        "clear_faults": api.clear_faults,
        "clock": lambda seconds: _advance_clock(api, seconds),
        "webhooks": lambda **plan: api.webhooks.set_plan(plan),
        "authenticate": lambda id, succeed=True: _authenticate(api, id, succeed),  # noqa: A006
        "process": lambda id, succeed=True: _process(api, id, succeed),  # noqa: A006
        "finish_refund": lambda id, succeed=True: api.refunds.finish(  # noqa: A006
            api.refunds.retrieve(id), succeed=succeed
        ),
        "permit": lambda cancel_processing: setattr(
            api.account, "cancels_processing", cancel_processing
        ),
        "end_authorisation": lambda id: api.intents.cancel_intent(  # noqa: A006
            api.intents.retrieve(id), "automatic"
        ),
        "age": lambda id, seconds: _age(api, id, seconds),  # noqa: A006
        "refund": lambda id, amount=None: _refund(api, id, amount),  # noqa: A006
        "dispute": lambda id, amount=None, reason="fraudulent", is_inquiry=False: (  # noqa: A006
            api.disputes.open(
                api.intents.retrieve(id), amount=amount, reason=reason, is_inquiry=is_inquiry
            )
        ),
        "set_dispute": lambda id, status: api.disputes.set_status(  # noqa: A006
            api.account.disputes[id], status
        ),
        "warn": lambda id: api.disputes.warn(api.intents.retrieve(id)),  # noqa: A006
        "review": lambda id: api.disputes.open_review(api.intents.retrieve(id)),  # noqa: A006
        "close_review": lambda id, reason="approved": api.disputes.close_review(  # noqa: A006
            api.account.reviews[id], reason
        ),
        "unfinished": lambda: _unfinished(api),
        "ledger": lambda: ledger(api),
        "state": lambda: _state(api),
        "requests": lambda: list(api.log),
        "deliveries": lambda: _deliveries(api),
    }
    if name == "release":  # Not under the lock, because the shop may call the API meanwhile.
        return api.webhooks.release(
            order=body.get("order", "as sent"),
            copies=body.get("copies", 1),
            kinds=body.get("kinds", []),
        )
    with api.account.lock:
        return commands[name](**body)


def ledger(api: Api) -> list[Object]:
    """Return every authorised or captured charge, in the currency's smallest unit."""
    return [
        {
            "payment_intent": charge["payment_intent"],
            "charge": charge["id"],
            "metadata": api.account.intents[charge["payment_intent"]]["metadata"],
            "currency": charge["currency"],
            "authorised": charge["amount"],
            "captured": charge["amount_captured"],
            "refunded": charge["amount_refunded"] if charge["captured"] else 0,
            "net": charge["amount_captured"]
            - (charge["amount_refunded"] if charge["captured"] else 0),
        }
        for charge in api.account.charges.values()
        if charge["status"] == "succeeded"
    ]


def _state(api: Api) -> Object:
    account = api.account
    return {
        "intents": list(account.intents.values()),
        "charges": list(account.charges.values()),
        "refunds": list(account.refunds.values()),
        "disputes": list(account.disputes.values()),
        "wrong_parameters": account.wrong_parameters,
        "events": list(account.events.values()),
        "faults": api.faults.counts,
    }


def _unfinished(api: Api) -> Object:
    intents, refunds = api.account.intents.values(), api.account.refunds.values()
    return {
        "intents": [each["id"] for each in intents if each["status"] == "processing"],
        "refunds": [each["id"] for each in refunds if each["status"] == "pending"],
    }


def _deliveries(api: Api) -> Object:
    webhooks = api.webhooks
    return {
        "sent": list(webhooks.deliveries),
        "held": list(webhooks.held),
        "withheld": list(webhooks.withheld),
        "is_idle": webhooks.is_idle() and not api.active_requests,
    }


def _age(api: Api, pk: str, seconds: int) -> None:
    api.intents.retrieve(pk)["created"] -= seconds


def _refund(api: Api, pk: str, amount: int | None) -> Object:
    """Refund as the account's owner does in the dashboard."""
    api.events.request = {"id": None, "idempotency_key": None}
    form = {"payment_intent": pk} | ({} if amount is None else {"amount": str(amount)})
    return api.refunds.create(form)


def _advance_clock(api: Api, seconds: float) -> None:
    api.account.clock_offset += seconds
    api.intents.cancel_expired_authorisations()


def _authenticate(api: Api, pk: str, succeed: bool) -> Object:
    """Complete 3-D Secure (docs.stripe.com/payments/3d-secure/authentication-flow)."""
    intent = api.intents.retrieve(pk)
    if intent["status"] != "requires_action":
        raise_unexpected_state(
            intent, "Nothing to authenticate", "authenticated", ("requires_action",)
        )
    try:
        if succeed:
            api.charges.take(intent)
        else:
            api.charges.fail_authentication(intent)
    except ApiError:
        pass  # Stripe shows the error in the customer's browser.
    return intent


def _process(api: Api, pk: str, succeed: bool) -> Object:
    intent = api.intents.retrieve(pk)
    if intent["status"] != "processing":
        raise_unexpected_state(intent, "Nothing to process", "processed", ("processing",))
    api.charges.finish(intent, succeed=succeed)
    return intent
