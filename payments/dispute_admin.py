"""The admin of disputes, which are read-only, and an action that releases shipping."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.admin_search import FoundByOrder
from orders.services import release_shipping
from payments.models import Dispute
from payments.models.disputes import DisputeStatus
from shop.core.admin import Waiting, Work


@admin.register(Dispute)
class DisputeAdmin(FoundByOrder):
    """Disputes, early fraud warnings and reviews. Evidence is sent in the provider's dashboard."""

    list_display = (
        "id",
        "order_link",
        "kind",
        "status",
        "due_by",
        "reason",
        "amount",
        "amount_withdrawn",
        "shipping_held",
        "created_at",
    )
    list_select_related = ("payment__order",)
    list_filter = ("status", "kind", ("due_by", admin.DateFieldListFilter))
    readonly_fields = ("order_link", "shipping_held")
    order_lookup = "payment__order"
    waiting = (
        Waiting(_("Disputes to answer"), lambda: {"status__exact": DisputeStatus.NEEDS_RESPONSE}),
    )
    search_fields = ("reference",)  # it is not used, but without one there is no search
    search_help_text = _("Dispute number, reference, or what finds its order.")
    actions = ("release",)

    def get_ordering(self, request: HttpRequest) -> Any:
        """Show those first whose evidence is due first."""
        return F("due_by").asc(nulls_last=True), "-pk"

    def own_condition(self, term: str) -> Q:
        """Find a dispute by the provider's reference."""
        return Q(reference=term)

    @admin.display(description=_("Order"))
    def order_link(self, dispute: Dispute) -> str:
        """Link to the order."""
        order = dispute.payment.order
        url = reverse("admin:orders_order_change", args=[order.pk])
        return format_html('<a href="{}">{}</a>', url, order.shown_number)

    @admin.display(description=_("Shipping held"), boolean=True)
    def shipping_held(self, dispute: Dispute) -> bool:
        """Return whether the order must not be shipped."""
        return dispute.payment.order.shipping_held

    @admin.action(description=_("Release the shipping of the orders"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> HttpResponse | None:
        """Let the orders be shipped."""
        staff: Any = request.user
        if not isinstance(staff, User):
            raise PermissionDenied
        work = Work(
            lambda dispute: release_shipping(order_id=dispute.payment.order_id, actor=staff),
            note=_("The orders can be shipped then, although the bank suspects fraud."),
        )
        return self.act(request, queryset, "released", work)
