"""The payments' desk: to look at, and to record money that came by hand or bank."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from payments import gateways, services
from payments.models import Payment
from shop.core.admin import ReadOnlyAdmin


class MethodFilter(admin.SimpleListFilter):
    """By method, as the gateways are known: asking the rows would read them all."""

    title = "method"
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer every gateway."""
        return [(code, gateway.name) for code, gateway in gateways.known().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        """Apply the choice."""
        return queryset.filter(method=self.value()) if self.value() else queryset


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments and the recording of manual ones."""

    list_display = (
        "id",
        "order_id",
        "user",
        "method",
        "status",
        "amount",
        "created_at",
    )
    list_select_related = ("order__user",)
    list_filter = ("status", MethodFilter, ("created_at", admin.DateFieldListFilter))
    number_fields = ("pk", "order_id")
    search_fields = (
        "order__user__username_key__startswith",
        "order__user__email_key__startswith",
        "provider_reference__exact",
    )
    search_help_text = (
        "Payment or order number, the provider's reference, or the beginning of a name."
    )
    actions = ("record_payment",)

    @admin.display(description="Customer")
    def user(self, payment: Payment) -> User:
        """Whose order it pays."""
        return payment.order.user

    @admin.action(description="Record the money of selected payments", permissions=["change"])
    def record_payment(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Note that the money of a manual payment came."""
        staff = request.user
        if not isinstance(staff, User):
            raise PermissionDenied
        self.act(
            request,
            queryset,
            "recorded as paid",
            lambda payment: services.record_manual_payment(payment_id=payment.pk, actor=staff),
        )
