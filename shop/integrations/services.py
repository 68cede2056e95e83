"""What staff do with webhook endpoints and deliveries."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict, Unpack

from django.db.models import Max
from django.utils.translation import gettext as _

from shop.core.errors import InvalidField
from shop.core.events import KIND
from shop.core.models import Event
from shop.core.outbound import UrlRefused, check_url
from shop.core.security_log import log_security
from shop.core.times import in_future
from shop.core.transactions import transactional
from shop.integrations.errors import (
    DeliveryNotFound,
    DeliveryWaits,
    EndpointDisabled,
    EndpointNotFound,
)
from shop.integrations.models import MAX_KINDS, WebhookDelivery, WebhookEndpoint
from shop.integrations.signing import make_secret

FORMER_SECRET_LIFETIME = timedelta(hours=24)
"""How long a former secret signs as well."""
DELIVERY_LIFETIME = timedelta(days=3)
"""How long the delivery of an event is tried."""


_CHANGED = (
    *("url", "description", "kinds", "is_enabled", "position"),
    *("failures_in_a_row", "failing_since", "paused_until", "deactivated_at", "deactivation"),
)


class EndpointChanges(TypedDict, total=False):
    """What staff can change about an endpoint."""

    url: str
    description: str
    kinds: list[str]
    is_enabled: bool


@transactional
def create_endpoint(
    *, url: str, kinds: Sequence[str] = (), description: str = "", is_enabled: bool = True
) -> WebhookEndpoint:
    """Create an endpoint, which gets the events from now on. Raises InvalidField.

    Without ``kinds`` it gets all of them. ``secret_of(endpoint.secret_ref)`` is its secret.
    """
    endpoint = WebhookEndpoint.objects.create(
        url=_checked_url(url),
        description=description,
        kinds=_checked_kinds(kinds),
        is_enabled=is_enabled,
        secret_ref=make_secret(),
        position=_last_position(),
    )
    log_security("webhook.created", endpoint_id=endpoint.pk)
    return endpoint


@transactional
def update_endpoint(*, endpoint_id: int, **changes: Unpack[EndpointChanges]) -> WebhookEndpoint:
    """Change an endpoint. Raises EndpointNotFound and InvalidField.

    An endpoint that is enabled again gets the events from now on, and its failures are forgotten.
    """
    endpoint = lock_endpoint(endpoint_id)
    if "url" in changes and changes["url"] != endpoint.url:
        endpoint.url = _checked_url(changes["url"])
        log_security("webhook.url_changed", endpoint_id=endpoint.pk)
    if "description" in changes:
        endpoint.description = changes["description"]
    if "kinds" in changes:
        endpoint.kinds = _checked_kinds(changes["kinds"])
    if "is_enabled" in changes:
        _enable(endpoint, is_enabled=changes["is_enabled"])
    endpoint.save(update_fields=_CHANGED)
    return endpoint


def _enable(endpoint: WebhookEndpoint, *, is_enabled: bool) -> None:
    if is_enabled and not endpoint.is_enabled:
        endpoint.position = _last_position()
        endpoint.failures_in_a_row, endpoint.failing_since = 0, None
        endpoint.paused_until = endpoint.deactivated_at = None
        endpoint.deactivation = ""
    endpoint.is_enabled = is_enabled


@transactional
def delete_endpoint(*, endpoint_id: int) -> None:
    """Delete an endpoint with its deliveries. Raises EndpointNotFound."""
    lock_endpoint(endpoint_id).delete()
    log_security("webhook.deleted", endpoint_id=endpoint_id)


@transactional
def rotate_secret(*, endpoint_id: int) -> WebhookEndpoint:
    """Give an endpoint a new secret. Raises EndpointNotFound.

    The present one signs as well for ``FORMER_SECRET_LIFETIME``, and one before it no longer.
    """
    endpoint = lock_endpoint(endpoint_id)
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(
        secret_ref=make_secret(),
        former_secret_ref=endpoint.secret_ref,
        former_secret_until=in_future(FORMER_SECRET_LIFETIME),
    )
    log_security("webhook.secret_rotated", endpoint_id=endpoint_id)
    endpoint.refresh_from_db()
    return endpoint


@transactional
def redeliver(*, delivery_id: int) -> WebhookDelivery:
    """Make a delivery that has ended due now, with the same id and for three days again.

    Raises DeliveryNotFound, DeliveryWaits and EndpointDisabled.
    """
    rows = WebhookDelivery.objects.filter(pk=delivery_id)
    endpoint_id = rows.values_list("endpoint_id", flat=True).first()
    if endpoint_id is None:
        raise DeliveryNotFound
    if not lock_endpoint(endpoint_id).is_enabled:
        raise EndpointDisabled
    if not rows.restart(DELIVERY_LIFETIME):
        raise DeliveryWaits
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(paused_until=None)
    return rows.select_related("event").get()


def lock_endpoint(endpoint_id: int) -> WebhookEndpoint:
    """Return an endpoint, locked until the transaction ends. Raises EndpointNotFound."""
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id)
    endpoint = rows.first()
    if endpoint is None:
        raise EndpointNotFound
    return endpoint


def _last_position() -> int:
    return Event.objects.aggregate(last=Max("position"))["last"] or 0


def _checked_url(url: str) -> str:
    try:
        check_url(url)
    except UrlRefused as error:
        raise InvalidField(field="url", reason=str(error)) from None
    return url


def _checked_kinds(kinds: Sequence[str]) -> list[str]:
    """Return the kinds without repetitions. Raises InvalidField."""
    chosen = sorted(set(kinds))
    wrong = next((kind for kind in chosen if not re.fullmatch(KIND, kind)), None)
    if wrong is not None:
        raise InvalidField(
            field="kinds",
            reason=_("{kind} is not a kind of events, such as order.paid.").format(kind=wrong),
        )
    if len(chosen) > MAX_KINDS:
        raise InvalidField(
            field="kinds",
            reason=_("There can be at most {limit} kinds.").format(limit=MAX_KINDS),
        )
    return chosen
