"""The admin of events and their deliveries: read-only, except that deliveries can be retried."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from shop.core import deliveries
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline, Work
from shop.core.errors import InvalidField
from shop.core.models import Event, EventDelivery


class DeliveryInline(ReadOnlyInline):
    """The deliveries of an event."""

    model = EventDelivery
    fields = ("handler", "attempts", "next_attempt_at", "done_at", "given_up_at", "last_error")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events, newest first."""

    list_display = ("id", "kind", "object_type", "object_id", "data", "position", "created_at")
    search_fields = ("kind__startswith",)
    search_help_text = "The number of an event, or the beginning of a kind such as order.paid."
    inlines = (DeliveryInline,)


class StateFilter(admin.SimpleListFilter):
    """Filter deliveries by their state."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the three states."""
        return [("given_up", "Given up"), ("waiting", "Waiting"), ("done", "Done")]

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
    actions = ("try_again",)

    @admin.action(description="Try selected deliveries again", permissions=["change"])
    def try_again(
        self, request: HttpRequest, queryset: QuerySet[EventDelivery]
    ) -> HttpResponse | None:
        """Make deliveries that were given up due now; refuse the others."""
        return self.act(request, queryset, "scheduled again", Work(_try_again))


def _try_again(delivery: EventDelivery) -> None:
    if not deliveries.try_again([delivery]):
        raise InvalidField(field="", reason="Only a delivery that was given up can be tried again.")
