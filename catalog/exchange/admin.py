"""Import and export in the product list of the admin. An import starts with a preview.

The uploaded file is stored in the media storage, so that any worker can import it after the
confirmation. Its name cannot be guessed. The import or the user's next upload deletes it.
"""

from dataclasses import dataclass, field
from io import BytesIO
from secrets import token_hex
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from catalog.admin_base import ServiceAdmin, staff_of
from catalog.exchange import exports, imports
from catalog.exchange.imports import Outcome, Result
from catalog.images import downloads
from catalog.limits import MAX_EXPORTED, MAX_UPLOAD
from catalog.products.models import Product
from shop.core.errors import Unavailable
from shop.core.form_keys import AlreadySent, KeyExpired, save_once
from shop.core.security_log import log_security

_BUSY = "Another large file is being read. Please wait a minute, then upload the file again."
_MAX_RESULTS = 100
_PREVIEW_LIFETIME = 60 * 60 * 24
_SALT = "catalog.exchange.admin"
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "shopify": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ImportForm(forms.Form):
    """A file to import, with options."""

    file = forms.FileField(
        help_text="Shopify's product CSV, the shop's own table as CSV or XLSX, or JSON. The limit "
        "is 5 MiB; use the command manage.py import_products for larger files."
    )
    keep_stock = forms.BooleanField(
        required=False,
        label="Keep stock",
        help_text="Do not change the stock of existing products.",
    )
    strict = forms.BooleanField(
        required=False, help_text="Change nothing if the file contains any error."
    )

    def clean_file(self) -> UploadedFile:
        """Reject a file that is too large for a request."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_UPLOAD:
            reason = "The file has more than 5 MiB. Use manage.py import_products, or split it."
            raise forms.ValidationError(reason)
        return file


@dataclass
class Report:
    """The counts of an import or its preview, and the first hundred results."""

    counts: imports.Counts = field(default_factory=imports.Counts)
    results: list[Result] = field(default_factory=list)
    number: int = 0

    def add(self, result: Result) -> None:
        """Add a result, of the first hundred. Ignores unchanged products without warnings."""
        if result.outcome == Outcome.UNCHANGED and not result.warnings:
            return
        self.number += 1
        if len(self.results) < _MAX_RESULTS:
            self.results.append(result)

    @property
    def more(self) -> int:
        """The number of results that are not shown."""
        return self.number - len(self.results)

    def may_be_confirmed(self, *, strict: bool, **_: bool) -> bool:
        """Return whether the import would change something and is not prevented by errors."""
        of = self.counts.of
        return bool(of[Outcome.CREATED] or of[Outcome.CHANGED]) and not (
            strict and of[Outcome.REFUSED]
        )


class ExchangeAdmin(ServiceAdmin):
    """The base of ``ProductAdmin``, with import and export."""

    change_list_template = "admin/catalog/product/change_list.html"

    @admin.action(description="Export selected products as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse:
        """Return the selected products as CSV."""
        return self._download(request, "csv", queryset)

    @admin.action(description="Export selected products as a workbook", permissions=["view"])
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
        """Show a preview of an uploaded file, and import it after confirmation."""
        if not self._may_import(request):
            raise PermissionDenied
        if request.method == "POST" and "confirm" in request.POST:
            return self._import(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        report, confirmation, busy = None, "", None
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            options = {name: form.cleaned_data[name] for name in ("keep_stock", "strict")}
            try:
                report = _run(file, dry_run=True, **options)
                if report.may_be_confirmed(**options):
                    confirmation = _store_upload(request, file, options)
            except imports.FileError as error:
                form.add_error("file", str(error))
            except Unavailable as error:
                form.add_error("file", _BUSY)
                busy = error
        return self._render(request, form, report, confirmation, busy=busy)

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
        report, busy = None, None
        try:
            # Used up first, because an import is many transactions.
            save_once(request, lambda: None)
            stored = signing.loads(
                request.POST["confirm"], salt=_salt(request), max_age=_PREVIEW_LIFETIME
            )
            with default_storage.open(stored["file"]) as file:
                content = BytesIO(file.read())
            content.name = stored["name"]
            report = _run(content, actor=staff_of(request), **stored["options"])
            messages.success(request, f"Imported {stored['name']}: {report.counts}.")
        except (AlreadySent, KeyExpired) as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(reverse("admin:catalog_product_import"))
        except (signing.BadSignature, FileNotFoundError):
            messages.error(request, "The preview has expired. Please upload the file again.")
        except (imports.FileError, imports.StrictImportError) as error:
            messages.error(request, f"{stored['name']}: {error}")
        except Unavailable as error:
            messages.error(request, _BUSY)
            busy = error
        _delete_uploads(request)
        return self._render(request, ImportForm(), report, "", busy=busy)

    def _render(
        self,
        request: HttpRequest,
        form: ImportForm,
        report: Report | None,
        confirmation: str,
        *,
        busy: Unavailable | None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Import products",
            "opts": self.opts,
            "form": form,
            "report": report,
            "confirmation": confirmation,
            "downloads": downloads.progress(),
        }
        response = render(request, "admin/catalog/product/import.html", context)
        if busy is not None:
            response.status_code = busy.status
            for name, value in busy.headers.items():
                response[name] = value
        return response

    def _may_import(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)


def _run(file: Any, **options: Any) -> Report:
    """Import a file, or preview it. Raises FileError, StrictImportError, Unavailable."""
    report = Report()
    size = file.seek(0, 2)
    source = imports.check(imports.Source(file.name, getattr(file, "file", file), size))
    report.counts = imports.import_products(source, imports.ImportOptions(**options), report.add)
    return report


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


def _store_upload(request: HttpRequest, upload: UploadedFile, options: dict[str, bool]) -> str:
    """Store a file until it is confirmed, and return a signed reference to it.

    Deletes previous uploads of the user.
    """
    _delete_uploads(request)
    upload.seek(0)
    name = default_storage.save(f"{_folder(request)}/{token_hex(16)}", upload)
    stored = {"file": name, "name": upload.name, "options": options}
    return signing.dumps(stored, salt=_salt(request))


def _delete_uploads(request: HttpRequest) -> None:
    try:
        names = default_storage.listdir(_folder(request))[1]
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{_folder(request)}/{name}")


def _folder(request: HttpRequest) -> str:
    return f"imports/{staff_of(request).pk}"


def _salt(request: HttpRequest) -> str:
    return f"{_SALT}.{staff_of(request).pk}"
