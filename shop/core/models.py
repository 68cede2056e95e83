"""The tables of core: idempotency records, rate counters, events, jobs, configuration."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shop.core.tracing import MAX_ID


class IdempotencyKey(models.Model):
    """A processed request, written in the transaction of its work (RELIABILITY R6).

    Its key belongs to a user, or to a guest whose token has the digest ``guest``. A duplicate
    request gets the stored response, whose bytes are in ``body``. With ``status_code`` 0 it gets
    the current state of the row ``resource_id`` instead, such as a payment (R7).
    """

    # No index: the unique one begins with this column. With a second index, PostgreSQL may read all
    # keys of a user to find one, as long as it has no statistics of the table.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    guest = models.CharField(
        max_length=64, null=True, help_text="SHA-256 of the token of a guest; null for a user."
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
                fields=["user", "scope", "key"],
                condition=Q(user__isnull=False),
                name="idempotencykey_once_per_user_and_operation",
                violation_error_message=_("This key was already used for this operation."),
            ),
            models.UniqueConstraint(
                fields=["guest", "scope", "key"],
                condition=Q(guest__isnull=False),
                name="idempotencykey_once_per_guest_and_operation",
                violation_error_message=_("This key was already used for this operation."),
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True, guest__isnull=False)
                | Q(user__isnull=False, guest__isnull=True),
                name="idempotencykey_of_a_user_or_a_guest",
                violation_error_message=_("A key belongs to either a user or a guest."),
            ),
        ]
        indexes = [
            # manage.py cleanup
            models.Index(fields=["created_at"], name="idempotencykey_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class RateCounter(models.Model):
    """The attempts under one key in the current window (RELIABILITY R16)."""

    key = models.CharField(
        max_length=64, primary_key=True, help_text="SHA-256 of the limit and of the caller."
    )
    attempts = models.IntegerField()
    ends_at = models.BigIntegerField(help_text="End of the window, in seconds since 1970.")

    class Meta:
        indexes = [
            # manage.py cleanup
            models.Index(fields=["ends_at"], name="ratecounter_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.attempts}"


class EventQuerySet(models.QuerySet["Event"]):
    """Reads events. Raises TypeError for changes and deletions, because events are append-only."""

    def after(self, position: int) -> EventQuerySet:
        """Return the events with a higher position, ordered by position.

        A reader that continues after its last position does not miss an event
        (``shop.core.deliveries``).
        """
        return self.filter(position__gt=position).order_by("position")

    def public(self) -> EventQuerySet:
        """Return the events with a position that feeds and webhooks may have."""
        return self.filter(is_internal=False, position__isnull=False)

    def with_sequence(self) -> EventQuerySet:
        """Add ``sequence`` to public events: 1 for the first one of their object, then 2, 3, 4.

        It never changes, because later events have higher positions.
        """
        same_object = (
            EventQuerySet(Event)
            .public()
            .filter(
                object_type=OuterRef("object_type"),
                object_id=OuterRef("object_id"),
                position__lte=OuterRef("position"),
            )
        )
        count = same_object.order_by().values("object_type").annotate(count=Count("pk"))
        return self.annotate(sequence=Subquery(count.values("count")))

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Events are append-only: they cannot be changed or deleted.")

    update = delete = bulk_update = _refuse


class Event(models.Model):
    """An event, written in the transaction that caused it (``shop.core.events``).

    Append-only: the queryset and the model raise TypeError for changes and deletions. Only
    ``position`` is set later, once, by ``shop.core.deliveries`` after the event was committed.
    """

    kind = models.CharField(max_length=64, help_text="Such as order.paid.")
    object_type = models.CharField(
        max_length=32, help_text="Type of the changed object, such as order."
    )
    object_id = models.BigIntegerField()
    data = models.JSONField(
        help_text="Ids, numbers, amounts and statuses; no personal data and no tokens."
    )
    is_internal = models.BooleanField(
        default=False, help_text="Only handlers receive it, not feeds and webhooks."
    )
    position = models.BigIntegerField(
        null=True, unique=True, help_text="Position in the sequence in which events are read."
    )
    request_id = models.CharField(
        max_length=MAX_ID, null=True, help_text="The id of the request that caused it."
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=""),
                name="event_kind_not_empty",
                violation_error_message=_("An event must have a kind."),
            ),
            models.CheckConstraint(
                condition=~Q(object_type=""),
                name="event_object_type_not_empty",
                violation_error_message=_("An event must name the type of the changed object."),
            ),
            models.CheckConstraint(
                condition=Q(position__gt=0),
                name="event_position_positive",
                violation_error_message=_("The position of an event must be 1 or more."),
            ),
        ]
        indexes = [
            # the worker, which gives positions to committed events
            models.Index(fields=["id"], condition=Q(position=None), name="event_without_position"),
            # webhooks and the feed, which count the events of an object; the insert of an event
            # does not write it
            models.Index(
                fields=["object_type", "object_id", "position"],
                condition=Q(is_internal=False, position__isnull=False),
                name="event_public_by_object",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert a new event. Raises TypeError for an existing one."""
        if not self._state.adding:
            raise TypeError("Events are append-only: they cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise TypeError."""
        raise TypeError("Events are append-only: they cannot be deleted.")


class EventHandler(models.Model):
    """The position up to which the deliveries of a handler have been created."""

    name = models.CharField(max_length=100, primary_key=True)
    position = models.BigIntegerField(
        default=0, help_text="Deliveries exist for all of its events up to this position."
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class EventDelivery(models.Model):
    """The delivery of one event to one handler, and its result.

    A delivery is due at ``next_attempt_at`` until it is done or given up. While a worker runs the
    handler, ``next_attempt_at`` is the time from which another worker may run it again.
    """

    # No index: the unique one begins with this column.
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    handler = models.CharField(max_length=100)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(
        max_length=200, blank=True, default="", help_text="The last error."
    )

    class Meta:
        verbose_name_plural = "event deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "handler"],
                name="eventdelivery_once_per_event_and_handler",
                violation_error_message=_("This event already has a delivery to this handler."),
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(given_up_at=None),
                name="eventdelivery_done_or_given_up",
                violation_error_message=_("A delivery cannot be both done and given up."),
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
        return f"{self.event} → {self.handler}"


class ScheduledJob(models.Model):
    """A job that workers run at intervals, and its last run (``shop.core.jobs``).

    A job is due at ``next_run_at``. While a worker runs it, no other one does until
    ``claimed_until``. The counters never decrease, except for ``failures_in_a_row``.
    """

    name = models.CharField(max_length=100, primary_key=True)
    runs = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    failures_in_a_row = models.IntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True, help_text="The end of the last success.")
    duration_ms = models.BigIntegerField(null=True, help_text="Of the last run, in milliseconds.")
    last_result = models.CharField(max_length=200, blank=True, default="")
    last_error = models.CharField(
        max_length=200, blank=True, default="", help_text="Of the last run; empty for a success."
    )
    next_run_at = models.DateTimeField(db_default=Now())
    claimed_by = models.CharField(max_length=100, blank=True, default="")
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(failures__gte=0, failures__lte=F("runs")),
                name="scheduledjob_failures_at_most_runs",
                violation_error_message=_("A job cannot fail more often than it runs."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Worker(models.Model):
    """A running worker, which updates ``seen_at`` every few seconds (its heartbeat)."""

    name = models.CharField(max_length=100, primary_key=True, help_text="Host and process id.")
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class ConfigurationRevision(models.Model):
    """The only row: a revision for each part of the configuration (``shop.core.configuration``).

    A revision is random, so that it never stands for two contents, not even after a transaction was
    rolled back or an older dump was restored.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    shipping = models.CharField(max_length=16, default="", db_default="")
    taxes = models.CharField(max_length=16, default="", db_default="")
    promotions = models.CharField(max_length=16, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(id=1),
                name="configurationrevision_only_one",
                violation_error_message=_("There can be only one row of revisions."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shipping} {self.taxes} {self.promotions}"
