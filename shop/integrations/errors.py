"""Errors about webhooks and the feed of events."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    """404: the endpoint does not exist."""

    code = "webhook_endpoint_not_found"
    message = _("This webhook endpoint does not exist.")


class DeliveryNotFound(NotFound):
    """404: the delivery does not exist."""

    code = "webhook_delivery_not_found"
    message = _("This delivery does not exist.")


class DeliveryWaits(Conflict):
    """409: the delivery has not ended, so that it will be sent anyway."""

    code = "webhook_delivery_waiting"
    message = _("This delivery has not ended yet. It will be sent.")


class EndpointDisabled(Conflict):
    """409: the endpoint is not enabled, so that nothing is sent to it."""

    code = "webhook_endpoint_disabled"
    message = _("This endpoint is not enabled. Enable it first.")


class PositionUnknown(Conflict):
    """409: no event has had this position, because an older database was restored.

    Facts: last, the position of the last event.
    """

    code = "position_unknown"
    message = _(
        "No event has this position yet, so that the database must have been replaced. Read the "
        "events again from an earlier position."
    )
    example: ClassVar[dict[str, Any]] = {"last": 1041}
