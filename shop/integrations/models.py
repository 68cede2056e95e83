"""Webhook endpoints, and the deliveries of events to them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shop.core.due_rows import WAITING, DueQuerySet, DueRow
from shop.core.models import Event
from shop.core.outbound import MAX_URL
from shop.core.permissions import sees_all
from shop.integrations.states import Deactivation, DeliveryStatus

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser, AnonymousUser

DESCRIPTION_LENGTH = 200
MAX_KINDS = 50
EXCERPT_LENGTH = 500
RETENTION = timedelta(days=30)
"""How long deliveries are kept after they have ended."""


class EndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Reads of endpoints."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> EndpointQuerySet:
        """Return all endpoints for staff with the permission, and none for others."""
        return self if sees_all(user, "shop_integrations.webhookendpoint") else self.none()

    def active(self) -> EndpointQuerySet:
        """Return the endpoints that get webhooks now: enabled, and not in a pause."""
        return self.filter(is_enabled=True).filter(
            Q(paused_until=None) | Q(paused_until__lte=Now())
        )


class WebhookEndpoint(models.Model):
    """A URL to which events are sent. Only ``shop.integrations.services`` and ``sending`` write it.

    The signing secret is not stored: ``secret_ref`` and SECRET_KEY give it
    (``shop.integrations.signing``). While another secret takes over, the former one signs as well.
    After a failure the endpoint has a pause, so that a server that is down gets one request at a
    time.
    """

    url = models.CharField(max_length=MAX_URL)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True, default="")
    kinds = models.JSONField(
        default=list, blank=True, help_text="The kinds of events that it gets; empty: all of them."
    )
    is_enabled = models.BooleanField(default=True)
    secret_ref = models.CharField(max_length=60)
    former_secret_ref = models.CharField(max_length=60, blank=True, default="")
    former_secret_until = models.DateTimeField(null=True)
    position = models.BigIntegerField(
        help_text="Deliveries exist for all of its events up to this position."
    )
    failures_in_a_row = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    enqueued_until = models.DateTimeField(
        null=True, help_text="Until then, a task for it is expected to run."
    )
    deactivated_at = models.DateTimeField(null=True)
    deactivation = models.CharField(
        max_length=10, choices=Deactivation.choices, blank=True, default=""
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(url="") & ~Q(secret_ref=""),
                name="webhookendpoint_has_url_and_secret",
                violation_error_message=_("An endpoint must have a URL and a secret."),
            ),
            models.CheckConstraint(
                condition=Q(former_secret_ref="", former_secret_until=None)
                | (~Q(former_secret_ref="") & Q(former_secret_until__isnull=False)),
                name="webhookendpoint_former_secret_ends",
                violation_error_message=_("A former secret must have an end."),
            ),
            models.CheckConstraint(
                condition=Q(deactivation="", deactivated_at=None)
                | Q(
                    deactivation__in=Deactivation.values,
                    deactivated_at__isnull=False,
                    is_enabled=False,
                ),
                name="webhookendpoint_deactivated_is_not_enabled",
                violation_error_message=_(
                    "A deactivated endpoint must have a reason, and cannot be enabled."
                ),
            ),
            models.CheckConstraint(
                condition=Q(failures_in_a_row=0, failing_since=None)
                | Q(failures_in_a_row__gt=0, failing_since__isnull=False),
                name="webhookendpoint_fails_since_a_time",
                violation_error_message=_(
                    "An endpoint that fails must have the time of the first failure."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.url


class DeliveryQuerySet(DueQuerySet["WebhookDelivery"]):
    """Reads and guarded updates of deliveries."""

    def visible_to(self, user: AbstractUser | AnonymousUser) -> DeliveryQuerySet:
        """Return all deliveries for staff with the permission, and none for others."""
        return self if sees_all(user, "shop_integrations.webhookdelivery") else self.none()


class WebhookDelivery(DueRow):
    """The delivery of one event to one endpoint, with the result of its last attempt."""

    # No index: the unique one begins with this column.
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    # No index: events are never deleted.
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(
        max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING
    )
    last_attempt_at = models.DateTimeField(null=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    response_excerpt = models.CharField(
        max_length=EXCERPT_LENGTH, blank=True, default="", help_text="The beginning of the body."
    )
    duration_ms = models.PositiveIntegerField(null=True, help_text="Of the last attempt.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event"],
                name="webhookdelivery_once_per_endpoint_and_event",
                violation_error_message=_("This event already has a delivery to this endpoint."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=DeliveryStatus.values),
                name="webhookdelivery_status_known",
                violation_error_message=_(
                    "The status of a delivery must be one of the known statuses."
                ),
            ),
            models.CheckConstraint(
                condition=Q(status=WAITING, ended_at=None)
                | (~Q(status=WAITING) & Q(ended_at__isnull=False)),
                name="webhookdelivery_waiting_or_ended",
                violation_error_message=_("A delivery must either wait or have ended."),
            ),
        ]
        indexes = [
            # the worker, which looks for deliveries of an endpoint that are due
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"],
                condition=Q(status=WAITING),
                name="webhookdelivery_waiting",
            ),
            # the worker, which gives up deliveries that are not valid any more
            models.Index(
                fields=["valid_until"], condition=Q(status=WAITING), name="webhookdelivery_validity"
            ),
            # manage.py cleanup
            models.Index(fields=["ended_at"], name="webhookdelivery_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.endpoint}"
