"""The admin of events and their deliveries: read-only, except that deliveries can be retried."""

import platform
from typing import Any

import django
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import revision
from shop.core import deliveries
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline, Waiting, Work
from shop.core.errors import InvalidField
from shop.core.metrics import readings
from shop.core.models import Event, EventDelivery, ScheduledJob, Worker


class DeliveryInline(ReadOnlyInline):
    """The deliveries of an event."""

    model = EventDelivery
    fields = ("handler", "attempts", "next_attempt_at", "done_at", "given_up_at", "last_error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the event, which names the deliveries, in the same statement."""
        return super().get_queryset(request).select_related("event")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events, newest first."""

    list_display = ("id", "kind", "object_type", "object_id", "data", "position", "created_at")
    search_fields = ("kind__startswith",)
    search_help_text = _("The number of an event, or the beginning of a kind such as order.paid.")
    inlines = (DeliveryInline,)


class StateFilter(admin.SimpleListFilter):
    """Filter deliveries by their state."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the three states."""
        return [
            ("given_up", gettext("Given up")),
            ("waiting", gettext("Waiting")),
            ("done", gettext("Done")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the deliveries in the chosen state."""
        if self.value() == "given_up":
            return queryset.filter(given_up_at__isnull=False)
        if self.value() == "done":
            return queryset.filter(done_at__isnull=False)
        waiting = queryset.filter(done_at=None, given_up_at=None)
        return waiting if self.value() == "waiting" else queryset


@admin.register(EventDelivery)
class EventDeliveryAdmin(ReadOnlyAdmin):
    """Deliveries. Those that were given up can be tried again."""

    list_display = ("id", "event", "handler", "attempts", "done_at", "given_up_at", "last_error")
    list_select_related = ("event",)
    list_filter = (StateFilter,)
    search_fields = ("handler__startswith",)
    number_fields = ("pk", "event_id")
    waiting = (Waiting(_("Deliveries given up"), lambda: {"given_up_at__isnull": False}),)
    actions = ("try_again",)

    @admin.action(description=_("Try selected deliveries again"), permissions=["change"])
    def try_again(
        self, request: HttpRequest, queryset: QuerySet[EventDelivery]
    ) -> HttpResponse | None:
        """Make deliveries that were given up due now; refuse the others."""
        return self.act(request, queryset, "scheduled again", Work(_try_again))


def _try_again(delivery: EventDelivery) -> None:
    if not deliveries.try_again([delivery]):
        raise InvalidField(field="", reason="Only a delivery that was given up can be tried again.")


@admin.register(ScheduledJob)
class ScheduledJobAdmin(ReadOnlyAdmin):
    """The page "System": jobs, workers, what is stuck, and versions."""

    change_list_template = "admin/core/scheduledjob/system.html"
    ordering = ("name",)
    list_display = (
        *("name", "started_at", "duration_ms", "last_result", "last_error"),
        *("failures_in_a_row", "failures", "runs", "succeeded_at", "next_run_at", "claimed_by"),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list of jobs, with the state of the system below it."""
        context = {
            **(extra_context or {}),
            "title": "System",
            "workers": Worker.objects.order_by("-seen_at")[: self.list_per_page],
            "readings": [each for each in readings.current() if "job" not in dict(each.labels)],
            "versions": _versions(),
        }
        page: HttpResponse = super().changelist_view(request, context)
        return page


def _versions() -> list[tuple[str, str]]:
    """Return the versions of what the shop runs on, and the revision of the catalog."""
    if connection.vendor == "postgresql":
        connection.ensure_connection()
    name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    numbers = (str(part) for part in connection.get_database_version())
    return [
        ("Shop", str(settings.SPECTACULAR_SETTINGS["VERSION"])),
        ("Django", django.get_version()),
        ("Python", platform.python_version()),
        (name, ".".join(numbers)),
        ("Engine", settings.SHOP_ENGINE),
        ("Revision of the catalog", revision.current()),
    ]
