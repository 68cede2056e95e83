"""The admin of invoices, which are read-only, and the export for bookkeeping."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from orders.admin_search import FoundByOrder
from payments.bookkeeping import Period, csv_lines
from payments.invoices.files import pdf_response
from payments.models import Invoice

_BOOKKEEPING = ("payments.view_invoice", "payments.view_payment", "orders.view_order")


class PeriodForm(forms.Form):
    """The days of an export, both included."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.period = Period(**cleaned)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
        return cleaned


@admin.register(Invoice)
class InvoiceAdmin(FoundByOrder):
    """Invoices and credit notes, newest first."""

    change_list_template = "admin/payments/invoice/change_list.html"
    list_display = ("number", "kind", "order", "total", "currency", "issued_on", "file")
    list_select_related = ("order",)
    list_filter = ("kind", ("issued_on", admin.DateFieldListFilter))
    search_fields = ("number",)  # it is not used, but without one there is no search
    search_help_text = _("The number of an invoice, or what finds its order.")
    readonly_fields = ("file",)

    def own_condition(self, term: str) -> Q:
        """Find an invoice by its number."""
        return Q(number__iexact=term)

    @admin.display(description="PDF")
    def file(self, invoice: Invoice) -> str:
        """Link to the file."""
        url = reverse("admin:payments_invoice_pdf", args=[invoice.pk])
        return format_html('<a href="{}">PDF</a>', url)

    def get_urls(self) -> list[URLPattern]:
        """Add the files and the export."""
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/pdf/", view(self.pdf_view), name="payments_invoice_pdf"),
            path("bookkeeping/", view(self.export_view), name="payments_invoice_bookkeeping"),
        ]
        return [*own, *super().get_urls()]

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the file of an invoice."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return pdf_response(get_object_or_404(Invoice, pk=pk))

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Show the form of the export; with a period, return its file."""
        if not request.user.has_perms(_BOOKKEEPING):
            raise PermissionDenied
        form = PeriodForm(request.GET or None)
        if form.is_valid():
            period = form.period
            name = f"bookkeeping-{period.first}-{period.last}.csv"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return StreamingHttpResponse(
                csv_lines(period), content_type="text/csv; charset=utf-8", headers=headers
            )
        context = {
            **self.admin_site.each_context(request),
            "title": "Export for bookkeeping",
            "opts": self.opts,
            "form": form,
        }
        return render(request, "admin/payments/invoice/bookkeeping.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show whether the user may export."""
        may_export = {"may_export": request.user.has_perms(_BOOKKEEPING)}
        return super().changelist_view(request, may_export | (extra_context or {}))
