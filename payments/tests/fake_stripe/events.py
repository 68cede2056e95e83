"""Events: what happened, with the object as it was then (docs.stripe.com/api/events)."""

from collections.abc import Callable
from copy import deepcopy

from payments.tests.fake_stripe.account import Account, Object, new_id

Listener = Callable[[Object], None]


class Events:
    """Writes events, and hands each to the one who sends webhooks."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.listeners: list[Listener] = []
        self.request: Object = {"id": None, "idempotency_key": None}
        """The request that is being served; the account's lock is held meanwhile."""
        self.api_version = "unset"

    def record(self, kind: str, about: Object) -> None:
        """Write an event with a copy of its object."""
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": self.api_version,
            "created": self.account.now(),
            "data": {"object": deepcopy(about)},
            "livemode": False,
            "pending_webhooks": len(self.listeners),
            "request": dict(self.request),
            "type": kind,
        }
        self.account.events[event["id"]] = event
        for tell in self.listeners:
            tell(event)
