"""Deliveries are created for each endpoint from the events after its position.

An endpoint is locked while its deliveries are created, and its position moves in the same
transaction: any number of workers create each delivery once.
"""

from django.db import transaction
from django.db.models import Subquery

from shop.core.models import Event
from shop.core.times import in_future
from shop.integrations.models import WebhookDelivery, WebhookEndpoint
from shop.integrations.services import DELIVERY_LIFETIME

_BATCH = 500


def create_deliveries() -> None:
    """Create the deliveries of all events that have a position, for the enabled endpoints."""
    newest = Event.objects.filter(position__isnull=False).order_by("-position")
    late = WebhookEndpoint.objects.filter(
        is_enabled=True, position__lt=Subquery(newest.values("position")[:1])
    )
    for pk in list(late.values_list("pk", flat=True)):
        while _create_some(pk):
            pass


def _create_some(endpoint_id: int) -> bool:
    """Create the deliveries of some events; return whether there may be more."""
    with transaction.atomic():
        rows = WebhookEndpoint.objects.select_for_update(no_key=True)
        endpoint = rows.filter(pk=endpoint_id, is_enabled=True).first()
        if endpoint is None:
            return False
        events = list(Event.objects.after(endpoint.position)[:_BATCH])
        WebhookDelivery.objects.bulk_create(
            WebhookDelivery(
                endpoint=endpoint, event=event, valid_until=in_future(DELIVERY_LIFETIME)
            )
            for event in events
            if not event.is_internal and (not endpoint.kinds or event.kind in endpoint.kinds)
        )
        if events:
            WebhookEndpoint.objects.filter(pk=endpoint_id).update(position=events[-1].position)
    return len(events) == _BATCH
