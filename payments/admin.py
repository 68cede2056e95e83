"""The payments' desk: to look at, and to move money by the services that every writer uses."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.models import User
from payments import gateways, services
from payments.cards import refuse_card_numbers
from payments.errors import CardNumberRefused
from payments.models import LedgerEntry, Payment, Refund
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline
from shop.core.errors import ShopError
from shop.core.money import CENT, MAX_DIGITS, show


class RefundForm(forms.Form):
    """How much goes back, and why."""

    amount = forms.DecimalField(min_value=CENT, max_digits=MAX_DIGITS, decimal_places=2)
    reason = forms.CharField(max_length=200, required=False, widget=AdminTextInputWidget)
    restock = forms.BooleanField(
        required=False, help_text="The goods of the whole order come back into stock; once."
    )
    by_hand = forms.BooleanField(
        required=False, help_text="You handed the money back yourself: the provider is not asked."
    )

    def clean_reason(self) -> str:
        """Keep card numbers out, as the API does."""
        reason: str = self.cleaned_data["reason"]
        try:
            refuse_card_numbers(reason)
        except CardNumberRefused:
            raise forms.ValidationError("This looks like a card number.") from None
        return reason


class MethodFilter(admin.SimpleListFilter):
    """By method, as the gateways are known: asking the rows would read them all."""

    title = "method"
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer every gateway."""
        return [(code, gateway.name) for code, gateway in gateways.registered().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        """Apply the choice."""
        return queryset.filter(method=self.value()) if self.value() else queryset


class RefundInline(ReadOnlyInline):
    """What went back, or is on its way."""

    model = Refund
    fields = (
        "created_at",
        "amount",
        "status",
        "reason",
        "restock",
        "by_hand",
        "actor",
        "provider_reference",
    )
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the actors with the refunds."""
        return super().get_queryset(request).select_related("actor")


class LedgerInline(ReadOnlyInline):
    """What was done with the money: by whom, and when."""

    model = LedgerEntry
    fields = ("created_at", "kind", "amount", "actor", "reference")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the actors with the entries."""
        return super().get_queryset(request).select_related("actor")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments, and what staff do with their money."""

    list_display = (
        "id",
        "order_id",
        "user",
        "method",
        "status",
        "amount",
        "amount_captured",
        "amount_refunded",
        "created_at",
    )
    inlines = (RefundInline, LedgerInline)
    readonly_fields = ("give_back",)
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
    actions = ("record_payment", "capture", "void", "refund", "refund_and_restock")

    @admin.display(description="Refund")
    def give_back(self, payment: Payment) -> str:
        """Link to the page that gives a part or all of it back."""
        url = reverse("admin:payments_payment_refund", args=[payment.pk])
        return format_html('<a href="{}">Give money back</a>', url)

    @admin.display(description="Customer")
    def user(self, payment: Payment) -> User:
        """Whose order it pays."""
        return payment.order.user

    @admin.action(description="Record the money of selected payments", permissions=["change"])
    def record_payment(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Note that the money of a manual payment came."""
        staff = _staff(request)
        self.act(
            request,
            queryset,
            "recorded as paid",
            lambda payment: services.record_manual_payment(payment_id=payment.pk, actor=staff),
        )

    @admin.action(description="Capture selected payments", permissions=["change"])
    def capture(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Take all the money that was authorised."""
        staff = _staff(request)

        def serve(payment: Payment) -> None:
            services.check_capture(payment=payment, amount=None)
            services.capture_payment(payment=payment, amount=payment.amount, actor=staff)

        self.act(request, queryset, "captured", serve)

    @admin.action(description="Void selected payments", permissions=["change"])
    def void(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Let go of the money that was authorised."""
        staff = _staff(request)
        self.act(
            request,
            queryset,
            "voided",
            lambda payment: services.void_payment(payment=payment, actor=staff),
        )

    @admin.action(description="Refund what is left of selected payments", permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Give back what is left; a part of it goes back by the API."""
        self._refund(request, queryset, restock=False)

    @admin.action(
        description="Refund all that is left, and put the goods back into stock",
        permissions=["refund"],
    )
    def refund_and_restock(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Give back what is left, for goods that came back."""
        self._refund(request, queryset, restock=True)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        """Who may add refunds, as in the API."""
        return request.user.has_perm("payments.add_refund")

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a refund."""
        refund = path(
            "<int:payment_id>/refund/",
            self.admin_site.admin_view(self.refund_view),
            name="payments_payment_refund",
        )
        return [refund, *super().get_urls()]

    def refund_view(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        """Give back a part of a payment, or all of it."""
        payment = get_object_or_404(self.get_queryset(request), pk=payment_id)
        if not self.has_refund_permission(request):
            raise PermissionDenied
        left = payment.amount_captured - payment.amount_refunded
        form = RefundForm(request.POST or None, initial={"amount": left})
        page = reverse("admin:payments_payment_change", args=[payment.pk])
        if request.method == "POST" and form.is_valid() and self._give(request, payment, form):
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Refund {payment}",
            "opts": self.opts,
            "payment": payment,
            "refundable": show(left),
            "form": form,
        }
        return render(request, "admin/payments/payment/refund.html", context)

    def _give(self, request: HttpRequest, payment: Payment, form: RefundForm) -> bool:
        try:
            refund_id = services.begin_refund(
                payment_id=payment.pk, actor=_staff(request), **form.cleaned_data
            )
        except ShopError as refusal:
            form.add_error(None, refusal.detail)
            return False
        refund = services.send_refund(services.get_refund(refund_id))
        said = f"{refund} of {show(refund.amount)} {payment.currency}: {refund.status}."
        self.log_change(request, payment, said)
        messages.success(request, said)
        return True

    def _refund(self, request: HttpRequest, queryset: QuerySet[Payment], *, restock: bool) -> None:
        staff = _staff(request)

        def serve(payment: Payment) -> None:
            refund_id = services.begin_refund(
                payment_id=payment.pk,
                amount=None,
                reason="Refunded by staff",
                restock=restock,
                actor=staff,
            )
            services.send_refund(services.get_refund(refund_id))

        self.act(request, queryset, "refunded", serve)


def _staff(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
