"""The endpoints below ``/_control/``: what tests ask of the fake, in JSON.

| request | what it does |
|---|---|
| ``POST reset`` | forget everything |
| ``POST faults`` ``rules, seed`` | replace the rules of ``faults`` |
| ``POST well`` | fail no more, and let whoever hangs go |
| ``POST clock`` ``seconds`` | put the account's time forward |
| ``POST webhooks`` (a plan) | replace the plan of ``webhooks`` |
| ``POST release`` ``order, copies, kinds`` | send what is held; answers the deliveries |
| ``POST authenticate`` ``id, succeed`` | what the customer does at their bank |
| ``POST process`` ``id, succeed`` | end what is ``processing`` |
| ``POST finish_refund`` ``id, succeed`` | end a refund that is pending, or fail one |
| ``GET unfinished`` | ids of intents that are ``processing`` and of refunds that are pending |
| ``GET ledger`` | every charge with what was captured, refunded and is left |
| ``GET state`` | intents, charges, refunds and events, oldest first |
| ``GET requests`` | what was asked, with keys, faults and statuses |
| ``GET deliveries`` | webhooks: sent, held and withheld; whether nothing is on its way |
"""

from collections.abc import Callable
from typing import Any

from payments.tests.fake_stripe.account import Object
from payments.tests.fake_stripe.api import Api
from payments.tests.fake_stripe.errors import Refusal
from payments.tests.fake_stripe.intents import unexpected


def control(api: Api, name: str, body: dict[str, Any]) -> Any:
    """Do what is asked, and return what to answer."""
    doing: dict[str, Callable[..., Any]] = {
        "reset": api.reset,
        "faults": lambda rules=(), seed=0: api.faults.arm(list(rules), seed=seed),
        "well": api.be_well,
        "clock": lambda seconds: _put_forward(api, seconds),
        "webhooks": lambda **plan: api.webhooks.follow(plan),
        "authenticate": lambda id, succeed=True: _authenticate(api, id, succeed),  # noqa: A006
        "process": lambda id, succeed=True: _process(api, id, succeed),  # noqa: A006
        "finish_refund": lambda id, succeed=True: api.refunds.finish(  # noqa: A006
            api.refunds.retrieve(id), well=succeed
        ),
        "unfinished": lambda: _unfinished(api),
        "ledger": lambda: ledger(api),
        "state": lambda: _state(api),
        "requests": lambda: list(api.log),
        "deliveries": lambda: _deliveries(api),
    }
    if name == "release":  # the shop may ask us meanwhile: not under the lock
        return api.webhooks.release(
            order=body.get("order", "as sent"),
            copies=body.get("copies", 1),
            kinds=body.get("kinds", []),
        )
    with api.account.lock:
        return doing[name](**body)


def ledger(api: Api) -> list[Object]:
    """Return every charge that took or held money, in minor units."""
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
        "events": list(account.events.values()),
        "faults": api.faults.struck,
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
        "is_idle": webhooks.is_idle() and not api.under_way,
    }


def _put_forward(api: Api, seconds: float) -> None:
    api.account.ahead += seconds
    api.intents.lapse()


def _authenticate(api: Api, pk: str, succeed: bool) -> Object:
    """docs.stripe.com/payments/3d-secure/authentication-flow: the bank's page, done or failed."""
    intent = api.intents.retrieve(pk)
    if intent["status"] != "requires_action":
        unexpected(intent, "Nothing to authenticate", "authenticated", ("requires_action",))
    try:
        if succeed:
            api.till.take(intent)
        else:
            api.till.fail_authentication(intent)
    except Refusal:
        pass  # the customer's browser reads of it
    return intent


def _process(api: Api, pk: str, succeed: bool) -> Object:
    intent = api.intents.retrieve(pk)
    if intent["status"] != "processing":
        unexpected(intent, "Nothing to process", "processed", ("processing",))
    api.till.finish(intent, well=succeed)
    return intent
