"""Events, each with a copy of its object at that time (docs.stripe.com/api/events)."""

from collections.abc import Callable
from copy import deepcopy

from payments.tests.fake_stripe.account import Account, Object, new_id

Listener = Callable[[Object], None]


class Events:
    """Stores events, and passes each to the listeners that send webhooks."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.listeners: list[Listener] = []
        self.request: Object = {"id": None, "idempotency_key": None}
        """The request that is being served, under the account's lock."""
        self.api_version = "unset"

    def record(self, kind: str, subject: Object) -> None:
        """Store an event with a copy of its object."""
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": self.api_version,
            "created": self.account.now(),
            "data": {"object": deepcopy(subject)},
            "livemode": False,
            "pending_webhooks": len(self.listeners),
            "request": dict(self.request),
            "type": kind,
        }
        self.account.events[event["id"]] = event
        for listener in self.listeners:
            listener(event)
