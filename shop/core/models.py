"""The tables of core: idempotency records, rate counters, events and their deliveries."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class IdempotencyKey(models.Model):
    """A request that was answered, written in the transaction of its work (RELIABILITY R6).

    ``status_code`` 0 says that the answer is the present state of ``resource_id`` (a payment, R7);
    else ``body`` holds the bytes that the first answer had.
    """

    # Without an index of its own: the unique one begins with it, and a planner that knows nothing
    # of the table yet may take a user's whole history for the shorter way to one key.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    scope = models.CharField(max_length=200, help_text="Method and path of the request.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the canonical body.")
    resource_id = models.BigIntegerField(null=True)
    status_code = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=100, default="")
    location = models.CharField(max_length=200, default="")
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "scope", "key"], name="idempotencykey_once_per_user_and_scope"
            ),
        ]
        indexes = [
            # manage.py cleanup
            models.Index(fields=["created_at"], name="idempotencykey_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class RateCounter(models.Model):
    """Attempts under one key in the present window (RELIABILITY R16)."""

    key = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of what is counted.")
    attempts = models.IntegerField()
    ends_at = models.BigIntegerField(help_text="When the window closes, in seconds since 1970.")

    class Meta:
        indexes = [
            # manage.py cleanup
            models.Index(fields=["ends_at"], name="ratecounter_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.attempts}"


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of events. Events are append-only, so that this refuses to change or delete them."""

    def after(self, position: int) -> EventQuerySet:
        """Return the events that have a higher position, in the order of their positions.

        Whoever reads on from the last position seen skips no event (``shop.core.deliveries``).
        """
        return self.filter(position__gt=position).order_by("position")

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Events are append-only: they are neither changed nor deleted.")

    update = delete = bulk_update = _refuse


class Event(models.Model):
    """Something that happened, written in the transaction that caused it (``shop.core.events``).

    Append-only: the queryset and the model refuse to change or delete events. The exception is
    ``position``, which ``shop.core.deliveries`` sets once, after the event was committed.
    """

    kind = models.CharField(max_length=64, help_text="Such as order.paid.")
    object_type = models.CharField(max_length=32, help_text="What it happened to, such as order.")
    object_id = models.BigIntegerField()
    data = models.JSONField(
        help_text="Ids, numbers, amounts and statuses; never an address, an e-mail or a token."
    )
    is_internal = models.BooleanField(
        default=False, help_text="Handlers receive it, feeds and webhooks do not."
    )
    position = models.BigIntegerField(
        null=True, unique=True, help_text="The order in which events are read."
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kind=""), name="event_kind_not_empty"),
            models.CheckConstraint(
                condition=~Q(object_type=""), name="event_object_type_not_empty"
            ),
            models.CheckConstraint(condition=Q(position__gt=0), name="event_position_positive"),
        ]
        indexes = [
            # the worker, which gives positions to committed events
            models.Index(fields=["id"], condition=Q(position=None), name="event_without_position"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert a new event. Raises TypeError for one that exists."""
        if not self._state.adding:
            raise TypeError("Events are append-only: they are not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise TypeError."""
        raise TypeError("Events are append-only: they are not deleted.")


class EventHandler(models.Model):
    """How far the deliveries of a registered handler have been created."""

    name = models.CharField(max_length=100, primary_key=True)
    position = models.BigIntegerField(
        default=0, help_text="Deliveries exist for all of its events up to this position."
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class EventDelivery(models.Model):
    """One event for one handler, and what became of it.

    A delivery is due at ``next_attempt_at`` until it is done or given up. While a worker runs the
    handler, ``next_attempt_at`` is the time at which another worker may take the delivery over.
    """

    # Without an index of its own: the unique one begins with it.
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    handler = models.CharField(max_length=100)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(
        max_length=200, blank=True, default="", help_text="The last failure, without its message."
    )

    class Meta:
        verbose_name_plural = "event deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "handler"], name="eventdelivery_once_per_event_and_handler"
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(given_up_at=None),
                name="eventdelivery_done_or_given_up",
            ),
        ]
        indexes = [
            # the worker, which runs what is due
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(done_at=None, given_up_at=None),
                name="eventdelivery_due",
            ),
            # the admin's list of deliveries that were given up
            models.Index(
                fields=["id"],
                condition=Q(given_up_at__isnull=False),
                name="eventdelivery_given_up",
            ),
            # manage.py cleanup
            models.Index(
                fields=["done_at"],
                condition=Q(done_at__isnull=False),
                name="eventdelivery_done",
            ),
        ]

    def __str__(self) -> str:
        return f"Event {self.event_id} for {self.handler}"
