"""Import and export in the product list of the admin. An import starts with a preview."""

from io import BytesIO
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from catalog.admin_base import ServiceAdmin, staff_of
from catalog.exchange import exports, imports, uploads
from catalog.exchange.forms import ImportForm
from catalog.exchange.previews import BUSY, Page, preview, run, source_of
from catalog.images import downloads
from catalog.limits import MAX_EXPORTED
from catalog.products.models import Product
from shop.core.errors import Unavailable
from shop.core.form_keys import AlreadySent, KeyExpired, save_once
from shop.core.security_log import log_security

_GONE = "The preview has expired. Please upload the file again."
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "shopify": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExchangeAdmin(ServiceAdmin):
    """The base of ``ProductAdmin``, with import and export."""

    change_list_template = "admin/catalog/product/change_list.html"

    @admin.action(description=_("Export selected products as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse:
        """Return the selected products as CSV."""
        return self._download(request, "csv", queryset)

    @admin.action(description=_("Export selected products as a workbook"), permissions=["view"])
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse:
        """Return the selected products as XLSX."""
        return self._download(request, "xlsx", queryset)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages for import and export."""
        pages = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"catalog_product_{name}")
            for name, view in (("import", self.import_view), ("export", self.export_view))
        ]
        return [*pages, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the link to the import only to users with the permissions for it."""
        context = {**(extra_context or {}), "may_import": self._may_import(request)}
        return super().changelist_view(request, context)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Return all products as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        products = Product.objects.not_archived().listed()
        form = request.GET.get("format", "csv")
        if form in _TYPES and products.count() <= MAX_EXPORTED:
            return self._download(request, form)
        reason = f"To export more than {MAX_EXPORTED:,} products, use manage.py export_products."
        messages.error(request, reason if form in _TYPES else "This format is not supported.")
        return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Show how an uploaded file is read and what it changes; import it after confirmation."""
        if not self._may_import(request):
            raise PermissionDenied
        if request.method == "POST" and "confirm" in request.POST:
            return self._import(request)
        if request.method == "POST" and "stored" in request.POST:
            return self._read_again(request)
        page = Page(ImportForm(request.POST or None, request.FILES or None))
        if request.method == "POST" and page.form.is_valid():
            data = page.form.cleaned_data
            options = {name: data[name] for name in ("keep_stock", "strict")}
            stored = uploads.store(staff_of(request), data["file"])
            preview(page, staff_of(request), stored, data["file"].file, options=options)
        return self._render(request, page)

    def _read_again(self, request: HttpRequest) -> HttpResponse:
        """Show the preview of a stored file that is read as the form says."""
        page = Page(ImportForm())
        try:
            stored, file = uploads.load(staff_of(request), request.POST["stored"])
        except uploads.UploadGone:
            messages.error(request, _GONE)
            return self._render(request, page)
        preview(page, staff_of(request), stored, file, sent=request.POST)
        return self._render(request, page)

    def _download(
        self, request: HttpRequest, form: str, products: QuerySet[Product] | None = None
    ) -> HttpResponse:
        """Return products as a file, or go back to the list if the format cannot contain them."""
        try:
            response = _download(form, products)
        except exports.ExportError as error:
            messages.error(request, f"{error} Use CSV or JSON.")
            return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))
        log_security("exported", user_id=request.user.pk, what="products", format=form)
        return response

    def _import(self, request: HttpRequest) -> HttpResponse:
        page, user = Page(ImportForm()), staff_of(request)
        name = ""
        try:
            # Used up first, because an import is many transactions.
            save_once(request, lambda: None)
            stored, file = uploads.load(user, request.POST["confirm"])
            name = stored["name"]
            page.report = run(source_of(stored, file), actor=user, **stored["options"])
            messages.success(request, f"Imported {name}: {page.report.counts}.")
        except (AlreadySent, KeyExpired) as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(reverse("admin:catalog_product_import"))
        except uploads.UploadGone:
            messages.error(request, _GONE)
        except (imports.FileError, imports.StrictImportError) as error:
            messages.error(request, f"{name}: {error}")
        except Unavailable as error:
            messages.error(request, BUSY)
            page.busy = error
        uploads.delete_all(user)
        return self._render(request, page)

    def _render(self, request: HttpRequest, page: Page) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Import products",
            "opts": self.opts,
            **vars(page),
            "downloads": downloads.progress(),
        }
        response = render(request, "admin/catalog/product/import.html", context)
        if page.busy is not None:
            response.status_code = page.busy.status
            for name, value in page.busy.headers.items():
                response[name] = value
        return response

    def _may_import(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)


def _download(form: str, products: QuerySet[Product] | None = None) -> HttpResponse:
    """Return products as a file, or all products by default. Variants include their products."""
    only = None
    if products is not None:
        only = {parent or pk for pk, parent in products.values_list("pk", "parent_id")}
    file = BytesIO()
    exports.export_products(file, form, only)
    name = "shopify.csv" if form == "shopify" else f"products.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(file.getvalue(), content_type=_TYPES[form], headers=headers)
