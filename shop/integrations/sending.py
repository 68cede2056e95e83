"""Webhooks are sent until the endpoint has accepted them, for three days.

The worker enqueues a task for each endpoint that has something due. The task sends one delivery
after the other, so that an endpoint gets one request at a time and a server that hangs occupies one
thread only. After a failure the endpoint has a pause, which grows with each failure in a row.

A delivery is claimed before it is sent (``shop.core.due_rows``). So it is sent twice only if the
worker dies, or the database is down for longer than ``LEASE``, after the endpoint has accepted it.
"""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from shop.core import events
from shop.core.due_rows import back_off, enqueue_each, store_patiently
from shop.core.jobs import is_time_over
from shop.core.models import Event
from shop.core.outbound import Limits, OutboundError, Response, send
from shop.core.times import ago, in_future
from shop.integrations.bodies import serialize_event
from shop.integrations.fanout import create_deliveries
from shop.integrations.models import EXCERPT_LENGTH, RETENTION, WebhookDelivery, WebhookEndpoint
from shop.integrations.signing import SecretLost, sign
from shop.integrations.states import Deactivation, DeliveryStatus

logger = logging.getLogger("shop.webhooks")

LEASE = timedelta(minutes=1)
"""The time after which another worker may send a delivery; longer than a request."""
TASK_LEASE = timedelta(minutes=2)
"""The time in which the task of an endpoint is expected to end."""
LIMITS = Limits(seconds=15, connect_seconds=5, max_bytes=4 * EXCERPT_LENGTH, may_be_cut=True)
LASTING_FAILURE = timedelta(days=3)
"""After failing for so long, without a success, an endpoint is deactivated."""
_ROUND_SECONDS = 20
"""The time after which a task starts no further request."""
_FIRST_DELAY, _LONGEST_DELAY = timedelta(seconds=10), timedelta(hours=6)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
_LONGEST_WISH = timedelta(hours=1)
_TOO_LATE = "It could not be sent in time."
_GONE = 410


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an attempt led to. ``response`` is None if there was none, for the reason ``error``."""

    milliseconds: int
    response: Response | None = None
    error: str = ""

    @property
    def is_success(self) -> bool:
        return self.response is not None and 200 <= self.response.status < 300

    @property
    def is_gone(self) -> bool:
        return self.response is not None and self.response.status == _GONE

    def columns(self) -> dict[str, Any]:
        """Return what the delivery stores about its last attempt."""
        response = self.response
        return {
            "last_attempt_at": Now(),
            "duration_ms": self.milliseconds,
            "response_status": response.status if response else None,
            "response_excerpt": _excerpt(response.body) if response else "",
        }

    def wished_pause(self) -> timedelta:
        """Return the pause that the endpoint asks for (``Retry-After``)."""
        text = self.response.headers.get("retry-after", "") if self.response else ""
        if not (text.isascii() and text.isdecimal() and len(text) < 9):
            return timedelta()
        return min(timedelta(seconds=int(text)), _LONGEST_WISH)


def enqueue_due() -> int:
    """Create deliveries, and enqueue a task for each endpoint that has something to send.

    Return the number of tasks.
    """
    create_deliveries()
    WebhookDelivery.objects.give_up_late(DeliveryStatus.FAILED, _TOO_LATE)
    due = WebhookDelivery.objects.due().filter(endpoint_id=OuterRef("pk"))
    endpoints = WebhookEndpoint.objects.active().filter(Exists(due)).order_by("pk")
    return enqueue_each(endpoints, _enqueue, lease=TASK_LEASE)


def _enqueue(endpoint_id: int) -> None:
    from shop.integrations.tasks import send_webhooks  # noqa: PLC0415 - it imports this module

    send_webhooks.enqueue(endpoint_id)


def send_due(endpoint_id: int) -> None:
    """Send what is due to an endpoint, until something fails or the time of a task is over.

    The rest is due for the next task, also if the worker stops.
    """
    end = time.monotonic() + _ROUND_SECONDS
    while time.monotonic() < end and not is_time_over():
        endpoint = WebhookEndpoint.objects.active().filter(pk=endpoint_id).first()
        delivery = _claim(endpoint) if endpoint else None
        if endpoint is None or delivery is None or not _attempt(endpoint, delivery):
            break
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(enqueued_until=None)


def _claim(endpoint: WebhookEndpoint) -> WebhookDelivery | None:
    """Reserve the first delivery that is due for the time of ``LEASE``, and return it."""
    due = WebhookDelivery.objects.due().filter(endpoint_id=endpoint.pk)
    while pk := due.order_by("next_attempt_at", "pk").values_list("pk", flat=True).first():
        if due.filter(pk=pk).claim(LEASE):
            return WebhookDelivery.objects.get(pk=pk)
    return None


def _attempt(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> bool:
    """Send a delivery that was claimed, and store the result. Return whether it succeeded."""
    event = Event.objects.public().with_sequence().get(pk=delivery.event_id)
    outcome = _post(endpoint, event)
    facts = {
        "endpoint_id": endpoint.pk,
        "event_id": event.pk,
        "status": outcome.response.status if outcome.response else None,
        "duration_ms": outcome.milliseconds,
    }
    if outcome.is_success:
        _store_success(endpoint, delivery, outcome)
        logger.info("webhook %s sent", delivery.pk, extra={"facts": facts})
        return True
    logger.warning(
        "webhook %s was not accepted: %s", delivery.pk, _error_of(outcome), extra={"facts": facts}
    )
    _store_failure(endpoint, delivery, outcome)
    return False


def _post(endpoint: WebhookEndpoint, event: Event) -> _Outcome:
    """Send an event to an endpoint, signed. A redirection is not followed: it is a failure."""
    start = time.perf_counter()
    response, error = None, ""
    try:
        body = serialize_event(event)
        headers = _headers(endpoint, event, body)
        response = send("POST", endpoint.url, headers=headers, body=body, limits=LIMITS)
    except (OutboundError, SecretLost) as failure:
        error = str(failure)
    return _Outcome(round(1000 * (time.perf_counter() - start)), response, error)


def _headers(endpoint: WebhookEndpoint, event: Event, body: bytes) -> dict[str, str]:
    message_id, timestamp = f"event_{event.pk}", int(time.time())
    references = [endpoint.secret_ref]
    if endpoint.former_secret_until and endpoint.former_secret_until > timezone.now():
        references.append(endpoint.former_secret_ref)
    return {
        "Content-Type": "application/json",
        "User-Agent": "shop-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(references, message_id, timestamp, body),
    }


def _store_success(endpoint: WebhookEndpoint, delivery: WebhookDelivery, outcome: _Outcome) -> None:
    """Store that the endpoint has accepted a delivery, also if another worker has it meanwhile."""
    sent = WebhookDelivery.objects.waiting().filter(pk=delivery.pk)
    columns = outcome.columns()
    store_patiently(lambda: sent.end(DeliveryStatus.SUCCEEDED, **columns), for_at_most=LEASE)
    if endpoint.failures_in_a_row or endpoint.paused_until:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            failures_in_a_row=0, failing_since=None, paused_until=None
        )


def _store_failure(endpoint: WebhookEndpoint, delivery: WebhookDelivery, outcome: _Outcome) -> None:
    """Plan the next attempt, and let the endpoint have a pause; or deactivate it."""
    mine = WebhookDelivery.objects.claimed_by(delivery)
    error = _error_of(outcome)[:200]
    if outcome.is_gone:
        mine.end(DeliveryStatus.FAILED, error, **outcome.columns())
        deactivate(endpoint.pk, Deactivation.GONE)
        return
    delay = back_off(delivery.attempts, first=_FIRST_DELAY, longest=_LONGEST_DELAY)
    mine.try_later(max(delay, outcome.wished_pause()), error, **outcome.columns())
    pause = back_off(endpoint.failures_in_a_row + 1, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    rows.update(
        failures_in_a_row=F("failures_in_a_row") + 1,
        failing_since=Coalesce("failing_since", Now()),
        paused_until=in_future(max(pause, outcome.wished_pause())),
    )
    if rows.filter(failing_since__lt=ago(LASTING_FAILURE)).exists():
        deactivate(endpoint.pk, Deactivation.FAILING)


def deactivate(endpoint_id: int, reason: Deactivation) -> None:
    """Disable an endpoint, once, and tell the staff by an event and a line in the log."""
    with transaction.atomic():
        if not WebhookEndpoint.objects.filter(pk=endpoint_id, is_enabled=True).update(
            is_enabled=False, deactivated_at=Now(), deactivation=reason
        ):
            return
        events.record(
            "webhook_endpoint.deactivated",
            object_type="webhook_endpoint",
            object_id=endpoint_id,
            data={"reason": str(reason)},
        )
    logger.error(
        "webhook endpoint %s was deactivated: %s",
        endpoint_id,
        reason.label,
        extra={"facts": {"endpoint_id": endpoint_id, "reason": str(reason)}},
    )


def delete_old_deliveries(limit: int) -> int:
    """Delete at most ``limit`` deliveries that ended over 30 days ago; return their number."""
    return WebhookDelivery.objects.all().delete_ended(RETENTION, limit)


def _error_of(outcome: _Outcome) -> str:
    """Return a sentence about a failure."""
    if outcome.response is None:
        return outcome.error
    if 300 <= outcome.response.status < 400:
        return f"{outcome.response.status}: redirections are not followed."
    return f"The endpoint responded with {outcome.response.status}."


def _excerpt(body: bytes) -> str:
    """Return the beginning of a response as text, for staff."""
    text = body.decode(errors="replace").replace("\x00", "�")
    return text[:EXCERPT_LENGTH]
