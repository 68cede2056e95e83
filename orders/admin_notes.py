"""Notes of an order in the admin: a list on its page, and a page that adds one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from accounts.models import User
from cart.admin_base import PartAdmin
from orders.models import OrderNote
from orders.services import add_note
from shop.core.admin import ReadOnlyInline


class OrderNoteInline(ReadOnlyInline):
    """The notes of an order, oldest first."""

    model = OrderNote
    fields = ("created_at", "text", "is_public", "author")
    readonly_fields = ("created_at",)
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the authors in the same statement."""
        return super().get_queryset(request).select_related("author", "order")


@admin.register(OrderNote)
class OrderNoteAdmin(PartAdmin):
    """Adds notes. They cannot be changed or deleted."""

    permission_model = "orders.order"
    list_display = ("__str__", "is_public", "author", "created_at")
    list_select_related = ("author", "order")
    fields = ("order", "text", "is_public")
    raw_id_fields = ("order",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer several lines for the text."""
        if db_field.name == "text":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 5})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: OrderNote, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Add the note as the API does."""
        author = request.user
        if not isinstance(author, User):
            raise PermissionDenied
        note = add_note(
            order_id=obj.order_id, author=author, text=obj.text, is_public=obj.is_public
        )
        obj.pk = note.pk

    def response_post_save_add(self, request: HttpRequest, obj: OrderNote) -> HttpResponseRedirect:
        """Go back to the order."""
        url = reverse("admin:orders_order_change", args=[obj.order_id])
        return HttpResponseRedirect(url)
