"""The admin of webhook endpoints, and of the log of their deliveries."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin_base import ServiceAdmin
from catalog.attributes.forms import SeparatedListField
from orders.admin_parts import Step
from orders.admin_with_steps import WithSteps
from shop.core.admin import Waiting, Work
from shop.integrations import services
from shop.integrations.models import MAX_KINDS, WebhookDelivery, WebhookEndpoint
from shop.integrations.signing import secret_of

_KIND_LENGTH = 64


class EndpointForm(forms.ModelForm):
    """An endpoint, with its kinds of events separated by commas."""

    kinds = SeparatedListField(
        separator=",",
        max_item_length=_KIND_LENGTH,
        max_items=MAX_KINDS,
        label=_("Kinds"),
        help_text=_(
            "The kinds of events that it gets, such as order.paid, order.refunded. "
            "Empty: all of them."
        ),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "kinds", "is_enabled")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ServiceAdmin):
    """Endpoints. A new secret is shown once, after it was made."""

    form = EndpointForm
    list_display = (
        *("url", "description", "is_enabled", "kinds", "failing_since", "deactivation"),
        "deliveries_link",
    )
    list_filter = ("is_enabled", "deactivation")
    search_fields = ("url", "description")
    waiting = (Waiting(_("Webhook endpoints that fail"), lambda: {"failing_since__isnull": False}),)
    actions = ("rotate_secret",)
    _state = (
        *("former_secret_until", "failures_in_a_row", "failing_since", "paused_until"),
        *("deactivated_at", "deactivation", "created_at", "deliveries_link"),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the state of an endpoint that exists."""
        chosen = ("url", "description", "kinds", "is_enabled")
        return chosen if obj is None else (*chosen, *self._state)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what only the worker changes."""
        return self._state

    @admin.display(description=_("Deliveries"))
    def deliveries_link(self, endpoint: WebhookEndpoint) -> str:
        """Return a link to the deliveries of an endpoint."""
        page = reverse("admin:shop_integrations_webhookdelivery_changelist")
        return format_html('<a href="{}?endpoint__id__exact={}">Deliveries</a>', page, endpoint.pk)

    def create(self, request: HttpRequest, values: dict[str, Any]) -> WebhookEndpoint:
        """Create an endpoint, and show its secret."""
        endpoint = services.create_endpoint(**values)
        self._show_secret(request, endpoint)
        return endpoint

    def update(self, obj: WebhookEndpoint, changes: dict[str, Any]) -> None:
        """Change an endpoint."""
        services.update_endpoint(endpoint_id=obj.pk, **changes)

    def delete(self, obj: WebhookEndpoint) -> None:
        """Delete an endpoint with its deliveries."""
        services.delete_endpoint(endpoint_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Delete each of the endpoints."""
        for endpoint in queryset:
            self.delete(endpoint)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the endpoints only: their deliveries are deleted with them."""
        names = [str(endpoint) for endpoint in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), []

    @admin.action(description=_("Rotate the secret of selected endpoints"), permissions=["change"])
    def rotate_secret(
        self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]
    ) -> HttpResponse | None:
        """Give endpoints new secrets, and show them."""

        def show(endpoint: WebhookEndpoint) -> None:
            self._show_secret(request, endpoint)

        work = Work(
            lambda endpoint: services.rotate_secret(endpoint_id=endpoint.pk),
            finish=show,
            note=_(
                "The present secrets sign as well for 24 hours, and those before them no longer."
            ),
        )
        return self.act(request, queryset, "given a new secret", work)

    def _show_secret(self, request: HttpRequest, endpoint: WebhookEndpoint) -> None:
        sentence = f"The secret of {endpoint} is {secret_of(endpoint.secret_ref)}"
        self.message_user(
            request, f"{sentence} – copy it now, it is not shown again.", messages.WARNING
        )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(WithSteps):
    """Deliveries, newest first."""

    list_display = (
        *("id", "event_kind", "endpoint", "status", "attempts", "response_status", "duration_ms"),
        *("last_attempt_at", "next_attempt_at", "ended_at", "last_error"),
    )
    list_select_related = ("endpoint", "event")
    list_filter = ("status", "endpoint")
    search_fields = ("event__kind", "endpoint__url")
    search_help_text = _(
        "The number of a delivery or an event, a kind of events or a part of a URL."
    )
    number_fields = ("pk", "event_id")
    actions = ("redeliver",)

    @admin.display(description=_("Kind"), ordering="event__kind")
    def event_kind(self, delivery: WebhookDelivery) -> str:
        """Return the kind of the event."""
        return delivery.event.kind

    @admin.action(description=_("Send selected deliveries again"), permissions=["change"])
    def redeliver(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]
    ) -> HttpResponse | None:
        """Send deliveries that have ended again; refuse those that wait."""
        return self.act(request, queryset, "sent again", Work(_redeliver))

    def offered(self, request: HttpRequest, row: WebhookDelivery) -> Iterator[Step]:
        """Yield the step that sends a delivery again that has ended."""
        if row.ended_at is not None and self.has_change_permission(request):
            url = reverse("admin:shop_integrations_webhookdelivery_send_again", args=[row.pk])
            yield Step(gettext("Send again"), url)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that sends a delivery again."""
        view = self.admin_site.admin_view(self.send_again_view)
        name = "shop_integrations_webhookdelivery_send_again"
        return [path("<int:pk>/send-again/", view, name=name), *super().get_urls()]

    def send_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether a delivery shall be sent again; if the form was sent, do it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        return self.act_on_one(request, row, "sent again", Work(_redeliver))


def _redeliver(delivery: WebhookDelivery) -> None:
    services.redeliver(delivery_id=delivery.pk)
