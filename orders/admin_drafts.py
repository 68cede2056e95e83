"""Drafts in the admin: read-only pages, with an action that sends them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from cart.drafts import view_draft
from cart.models import CartStatus, Draft
from orders.admin_steps import staff_of
from orders.services import send_draft
from shop.core.admin import ReadOnlyAdmin, Work
from shop.core.money import currency, show


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """Drafts. The API for staff creates and changes them."""

    list_display = ("__str__", "recipient", "shown_status", "created_by", "link_expires_at")
    list_select_related = ("cart", "customer", "created_by")
    search_fields = ("customer__email_key__startswith", "cart__email__startswith")
    search_help_text = "Number, or the beginning of an e-mail address."
    fields = (
        *("recipient", "shown_status", "contents", "created_by", "link_hours"),
        *("sent_at", "link_expires_at", "created_at"),
    )
    readonly_fields = ("recipient", "shown_status", "contents")
    actions = ("send",)

    @admin.display(description="For")
    def recipient(self, draft: Draft) -> str:
        """Return the customer, or the e-mail address of a guest."""
        return str(draft.customer or draft.cart.email or "")

    @admin.display(description="Status")
    def shown_status(self, draft: Draft) -> str:
        """Return the status in words."""
        return str(draft.status.label)

    @admin.display(description="Contents")
    def contents(self, draft: Draft) -> str:
        """Return the items at current prices, and the total."""
        if draft.cart.status != CartStatus.OPEN:
            return ""
        totals = view_draft(draft).totals
        lines = [
            f"{item.quantity} × {item.name}: {show(item.line_subtotal)}" for item in totals.items
        ]
        lines.append(f"Total: {show(totals.total)} {currency()}")
        return format_html_join(mark_safe("<br>"), "{}", ([line] for line in lines))

    @admin.action(description="Send selected drafts", permissions=["change"])
    def send(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Place the orders of drafts, and mail the links that pay them."""
        note = "The order is placed, and who gets the link pays it, without an account."
        actor = staff_of(request)
        work = Work(lambda draft: send_draft(draft_id=draft.pk, actor=actor), note=note)
        return self.act(request, queryset, "sent", work)
