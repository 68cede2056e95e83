"""The admin of payments. Its actions call the same services as the API."""

from decimal import Decimal
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

import payments.dispute_admin
import payments.invoices.admin  # noqa: F401 - registers it
from accounts.models import User
from payments import gateways, services
from payments.cards import refuse_card_numbers
from payments.errors import CardNumberRefused
from payments.models import LedgerEntry, Payment, Refund
from shop.core.admin import ReadOnlyAdmin, ReadOnlyInline, Work
from shop.core.admin.forms import validate_amount
from shop.core.money import CENT, MAX_DIGITS, show


class RefundForm(forms.Form):
    """The amount of a refund, and its reason."""

    amount = forms.DecimalField(
        min_value=CENT, max_digits=MAX_DIGITS, decimal_places=2, validators=[validate_amount]
    )
    reason = forms.CharField(max_length=200, required=False, widget=AdminTextInputWidget)
    restock = forms.BooleanField(
        required=False,
        help_text="Return all items of the order to stock. Possible once for each order.",
    )
    by_hand = forms.BooleanField(
        required=False,
        help_text="You have already returned the money in cash or by bank transfer. The refund is "
        "recorded, and the payment provider is not called.",
    )

    def clean_reason(self) -> str:
        """Refuse card numbers, as the API does."""
        reason: str = self.cleaned_data["reason"]
        try:
            refuse_card_numbers(reason)
        except CardNumberRefused:
            raise forms.ValidationError("This looks like a card number.") from None
        return reason


class MethodFilter(admin.SimpleListFilter):
    """Filters by payment method. It offers the registered gateways, which needs no query."""

    title = "method"
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every gateway, including disabled ones."""
        return [(code, gateway.name) for code, gateway in gateways.registered().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        """Apply the filter."""
        return queryset.filter(method=self.value()) if self.value() else queryset


class RefundInline(ReadOnlyInline):
    """The refunds of a payment."""

    model = Refund
    fields = (
        "created_at",
        "amount",
        "status",
        "failure_code",
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
    """The ledger entries of a payment."""

    model = LedgerEntry
    fields = ("created_at", "kind", "amount", "actor", "reference")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Select the actors together with the entries, in one query."""
        return super().get_queryset(request).select_related("actor")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments, which are read-only, and actions that record, capture, void and refund them."""

    list_display = (
        "id",
        "order_id",
        "user",
        "method",
        "status",
        "amount",
        "amount_captured",
        "amount_refunded",
        "capture_before",
        "created_at",
    )
    inlines = (RefundInline, LedgerInline)
    readonly_fields = ("refund_link",)
    list_select_related = ("order__user",)
    list_filter = ("status", MethodFilter, ("created_at", admin.DateFieldListFilter))
    number_fields = ("pk", "order_id")
    search_fields = (
        "order__user__username_key__startswith",
        "order__user__email_key__startswith",
        "provider_reference__exact",
    )
    search_help_text = (
        "Payment or order number, the provider's reference, or the beginning of a user name or "
        "e-mail address."
    )
    actions = ("record_payment", "capture", "void", "refund", "refund_and_restock")

    @admin.display(description="Refund")
    def refund_link(self, payment: Payment) -> str:
        """Link to the page that refunds a part or all of the payment."""
        url = reverse("admin:payments_payment_refund", args=[payment.pk])
        return format_html('<a href="{}">Refund this payment</a>', url)

    @admin.display(description="Buyer")
    def user(self, payment: Payment) -> User | str:
        """Return the buyer of the order; the e-mail address of a guest."""
        return payment.order.user or payment.order.email

    @admin.action(description="Record the money of selected payments", permissions=["change"])
    def record_payment(
        self, request: HttpRequest, queryset: QuerySet[Payment]
    ) -> HttpResponse | None:
        """Record that the money of manual payments arrived."""
        staff = _staff(request)
        work = Work(
            lambda payment: services.record_manual_payment(payment_id=payment.pk, actor=staff),
            amount=_amount,
            note="Record money only after it has arrived.",
        )
        return self.act(request, queryset, "recorded as paid", work)

    @admin.action(description="Capture selected payments", permissions=["change"])
    def capture(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        """Capture the whole authorised amount."""
        staff = _staff(request)

        def check(payment: Payment) -> Payment:
            services.check_capture(payment=payment, amount=None)
            return payment

        def capture(payment: Payment) -> None:
            services.capture_payment(payment=payment, amount=payment.amount, actor=staff)

        return self.act(request, queryset, "captured", Work(check, capture, amount=_amount))

    @admin.action(description="Void selected payments", permissions=["change"])
    def void(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        """Void the authorisations."""
        staff = _staff(request)

        def check(payment: Payment) -> Payment:
            services.check_authorised(payment, "voided")
            return payment

        def void(payment: Payment) -> None:
            services.void_payment(payment=payment, actor=staff)

        return self.act(request, queryset, "voided", Work(check, void, amount=_amount))

    @admin.action(description="Refund what is left of selected payments", permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        """Refund all that is left. The page of a payment refunds a part."""
        return self._refund_rest(request, queryset, restock=False)

    @admin.action(
        description="Refund what is left of selected payments, and restock their items",
        permissions=["refund"],
    )
    def refund_and_restock(
        self, request: HttpRequest, queryset: QuerySet[Payment]
    ) -> HttpResponse | None:
        """Refund all that is left, and return all items of the orders to stock."""
        return self._refund_rest(request, queryset, restock=True)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may add refunds, as in the API."""
        return request.user.has_perm("payments.add_refund")

    def get_urls(self) -> list[URLPattern]:
        """Add the page that refunds a payment."""
        refund_page = path(
            "<int:payment_id>/refund/",
            self.admin_site.admin_view(self.refund_view),
            name="payments_payment_refund",
        )
        return [refund_page, *super().get_urls()]

    def refund_view(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        """Show the refund form of a payment, and refund a part or all of it."""
        payment = get_object_or_404(self.get_queryset(request), pk=payment_id)
        if not self.has_refund_permission(request):
            raise PermissionDenied
        left, _ = _left(payment)
        form = RefundForm(request.POST or None, initial={"amount": left})
        if request.method == "POST" and form.is_valid():
            done = self._refund(request, payment, form)
            if done is not None:
                return done
        context = {
            **self.admin_site.each_context(request),
            "title": f"Refund {payment}",
            "opts": self.opts,
            "payment": payment,
            "refundable": show(left),
            "form": form,
        }
        return render(request, "admin/payments/payment/refund.html", context)

    def _refund(
        self, request: HttpRequest, payment: Payment, form: RefundForm
    ) -> HttpResponse | None:
        """Make the refund of a valid form; on an error, add it to the form and return None."""
        begun: list[int] = []

        def begin() -> HttpResponse:
            begun.append(
                services.begin_refund(
                    payment_id=payment.pk, actor=_staff(request), **form.cleaned_data
                )
            )
            url = reverse("admin:payments_payment_change", args=[payment.pk])
            return HttpResponseRedirect(url)

        done = self.save_form_once(request, form, begin)
        if done is not None and begun:  # not if the form was sent before
            refund = services.send_refund(services.get_refund(begun[-1]))
            message = f"{refund} of {show(refund.amount)} {payment.currency}: {refund.status}."
            self.log_change(request, payment, message)
            messages.success(request, message)
        return done

    def _refund_rest(
        self, request: HttpRequest, queryset: QuerySet[Payment], *, restock: bool
    ) -> HttpResponse | None:
        staff = _staff(request)

        def begin(payment: Payment) -> int:
            return services.begin_refund(
                payment_id=payment.pk,
                amount=None,
                reason="Refunded by staff",
                restock=restock,
                actor=staff,
            )

        def send(refund_id: int) -> None:
            services.send_refund(services.get_refund(refund_id))

        note = "The items of the orders return to stock." if restock else ""
        work = Work(begin, send, amount=_left, note=note)
        return self.act(request, queryset, "refunded", work)


def _amount(payment: Payment) -> tuple[Decimal, str]:
    return payment.amount, payment.currency


def _left(payment: Payment) -> tuple[Decimal, str]:
    """Return what can still be refunded."""
    return payment.amount_captured - payment.amount_refunded, payment.currency


def _staff(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
