"""The admin of payments. Its actions call the same services as the API."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

import payments.dispute_admin
import payments.invoices.admin  # noqa: F401 - registers it
from accounts.models import User
from orders.admin_search import FoundByOrder
from orders.admin_steps import staff_of
from payments import gateways, services
from payments.admin_forms import RefundForm
from payments.admin_order_pages import OrderMoneyPages
from payments.admin_steps import STEPS, VerbAndWork, capturing, recording, voiding
from payments.methods import method_name
from payments.models import LedgerEntry, Payment, PaymentStatus, Refund
from payments.order_admin import references
from shop.core.admin import ReadOnlyInline, Waiting, Work
from shop.core.money import show


class MethodFilter(admin.SimpleListFilter):
    """Filters by payment method. It offers the registered gateways, which needs no query."""

    title = _("method")
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
        return super().get_queryset(request).select_related("actor", "payment__order")


class LedgerInline(ReadOnlyInline):
    """The ledger entries of a payment."""

    model = LedgerEntry
    fields = ("created_at", "kind", "amount", "actor", "reference")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Select the actors together with the entries, in one query."""
        return super().get_queryset(request).select_related("actor")


@admin.register(Payment)
class PaymentAdmin(OrderMoneyPages, FoundByOrder):
    """Payments, which are read-only, and actions that record, capture, void and refund them."""

    list_display = (
        "id",
        "order",
        "user",
        "shown_method",
        "status",
        "amount",
        "amount_captured",
        "amount_refunded",
        "capture_before",
        "created_at",
    )
    inlines = (RefundInline, LedgerInline)
    waiting = (
        Waiting(
            _("Late payments to refund"), lambda: {"status__exact": PaymentStatus.REFUND_PENDING}
        ),
    )
    readonly_fields = ("refund_link", "shown_method")
    list_select_related = ("order__user",)
    list_filter = ("status", MethodFilter, ("created_at", admin.DateFieldListFilter))
    search_fields = ("provider_reference",)  # it is not used, but without one there is no search
    search_help_text = _(
        "Payment number, reference, or what finds its order: order number, name, e-mail address, "
        "phone number, product, amount."
    )
    actions = ("record_payment", "capture", "void", "refund", "refund_and_restock")

    def own_condition(self, term: str) -> Q:
        """Find a payment by its reference."""
        return Q(provider_reference__in=references(term))

    @admin.display(description=_("Payment method"), ordering="method")
    def shown_method(self, payment: Payment) -> str:
        """Return the name of the payment method."""
        return method_name(payment.method)

    @admin.display(description=_("Refund"))
    def refund_link(self, payment: Payment) -> str:
        """Link to the page that refunds a part or all of the payment."""
        url = reverse("admin:payments_payment_refund", args=[payment.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Refund this payment"))

    @admin.display(description=_("Buyer"))
    def user(self, payment: Payment) -> User | str:
        """Return the buyer of the order; the e-mail address of a guest."""
        return payment.order.user or payment.order.email

    @admin.action(description=_("Record the money of selected payments"), permissions=["change"])
    def record_payment(
        self, request: HttpRequest, queryset: QuerySet[Payment]
    ) -> HttpResponse | None:
        """Record that the money of manual payments arrived."""
        return self.act(request, queryset, *recording(request))

    @admin.action(description=_("Capture selected payments"), permissions=["change"])
    def capture(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        """Capture the whole authorised amount."""
        return self.act(request, queryset, *capturing(request))

    @admin.action(description=_("Void selected payments"), permissions=["change"])
    def void(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        """Void the authorisations."""
        return self.act(request, queryset, *voiding(request))

    @admin.action(description=_("Refund what is left of selected payments"), permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        """Refund all that is left. The page of a payment refunds a part."""
        return self._refund_rest(request, queryset, restock=False)

    @admin.action(
        description=_("Refund what is left of selected payments, and restock their items"),
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
        """Add the pages that record, capture, void and refund a payment."""
        steps = [
            path(
                f"<int:payment_id>/{name}/",
                self.admin_site.admin_view(partial(self.step_view, work=work)),
                name=f"payments_payment_{name}",
            )
            for name, work in STEPS.items()
        ]
        refund_page = path(
            "<int:payment_id>/refund/",
            self.admin_site.admin_view(self.refund_view),
            name="payments_payment_refund",
        )
        return [*steps, refund_page, *super().get_urls()]

    def step_view(
        self, request: HttpRequest, payment_id: int, work: Callable[[HttpRequest], VerbAndWork]
    ) -> HttpResponse:
        """Show what a step will do with a payment; if the form was sent, do it.

        Then go to the page of the order, from which steps are linked, if the user may view it.
        """
        if not self.has_change_permission(request):
            raise PermissionDenied
        payment = get_object_or_404(self.get_queryset(request), pk=payment_id)
        back = ""
        if request.user.has_perm("orders.view_order"):
            back = reverse("admin:orders_order_change", args=[payment.order_id])
        return self.act_on_one(request, payment, *work(request), back=back)

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
                    payment_id=payment.pk, actor=staff_of(request), **form.cleaned_data
                )
            )
            url = reverse("admin:payments_payment_change", args=[payment.pk])
            return HttpResponseRedirect(url)

        done = self.save_form_once(request, form, begin)
        if done is not None and begun:  # not if the form was sent before
            refund = services.send_refund(services.get_refund(begun[-1]))
            message = f"{refund}: {refund.status}."
            self.log_change(request, payment, message)
            messages.success(request, message)
        return done

    def _refund_rest(
        self, request: HttpRequest, queryset: QuerySet[Payment], *, restock: bool
    ) -> HttpResponse | None:
        staff = staff_of(request)

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


def _left(payment: Payment) -> tuple[Decimal, str]:
    """Return what can still be refunded."""
    return payment.amount_captured - payment.amount_refunded, payment.currency
