"""Import and export in the admin's list of products; a preview comes before an import.

Until it is confirmed, a file is in the media storage, where every worker finds it, under a name
that cannot be guessed. The import, or the next upload of the same user, deletes it.
"""

from dataclasses import dataclass, field
from io import BytesIO
from secrets import token_hex
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from catalog.exchange import exports, imports
from catalog.exchange.imports import Outcome, Result
from catalog.limits import MAX_EXPORTED, MAX_UPLOAD
from catalog.products.models import Product
from shop.core.admin import ShopModelAdmin

_MAX_RESULTS = 100
_PREVIEW_LIFETIME = 60 * 60 * 24
_SALT = "catalog.exchange.admin"
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ImportForm(forms.Form):
    """A file, and how to import it."""

    file = forms.FileField(
        help_text="Shopify's product CSV, a table of our own as CSV or XLSX, or JSON; up to 5 MiB. "
        "Larger ones: manage.py import_products."
    )
    keep_stock = forms.BooleanField(
        required=False,
        label="Keep stock",
        help_text="Leave the stock of products that are there alone.",
    )
    strict = forms.BooleanField(
        required=False, help_text="Change nothing if anything in the file is refused."
    )

    def clean_file(self) -> UploadedFile:
        """Refuse what a request cannot import."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_UPLOAD:
            reason = "It has over 5 MiB: import it by manage.py import_products, or in parts."
            raise forms.ValidationError(reason)
        return file


@dataclass
class Report:
    """What an import did or would do: counts, and the first hundred results."""

    counts: imports.Counts = field(default_factory=imports.Counts)
    results: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Add a result, unless it is unchanged or there are too many."""
        if result.outcome != Outcome.UNCHANGED and len(self.results) < _MAX_RESULTS:
            self.results.append(result)

    @property
    def more(self) -> int:
        """The number of results that are left out."""
        of = self.counts.of
        return sum(of.values()) - of[Outcome.UNCHANGED] - len(self.results)

    def may_be_confirmed(self, *, strict: bool, **_: bool) -> bool:
        """Whether there is anything to import, and nothing that forbids it."""
        of = self.counts.of
        return bool(of[Outcome.CREATED] or of[Outcome.CHANGED]) and not (
            strict and of[Outcome.REFUSED]
        )


class ExchangeAdmin(ShopModelAdmin):
    """A list of products with an import and an export."""

    change_list_template = "admin/catalog/product/change_list.html"

    @admin.action(description="Export selected products as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse:
        """Send them as CSV."""
        return _download("csv", queryset)

    @admin.action(description="Export selected products as a workbook", permissions=["view"])
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse:
        """Send them as XLSX."""
        return _download("xlsx", queryset)

    def get_urls(self) -> list[URLPattern]:
        """Add both pages."""
        pages = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"catalog_product_{name}")
            for name, view in (("import", self.import_view), ("export", self.export_view))
        ]
        return [*pages, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Offer the import to those who may."""
        context = {**(extra_context or {}), "may_import": self._may_import(request)}
        return super().changelist_view(request, context)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Send all products."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        products = Product.objects.not_archived().listed()
        form = request.GET.get("format", "csv")
        if form in _TYPES and products.count() <= MAX_EXPORTED:
            return _download(form)
        reason = f"Over {MAX_EXPORTED:,} products: export them by manage.py export_products."
        messages.error(request, reason if form in _TYPES else "There is no such format.")
        return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Preview what a file would change; import it when that is confirmed."""
        if not self._may_import(request):
            raise PermissionDenied
        if request.method == "POST" and "confirm" in request.POST:
            return self._import(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        report, confirmation = None, ""
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            wishes = {name: form.cleaned_data[name] for name in ("keep_stock", "strict")}
            try:
                report = _run(file, dry_run=True, **wishes)
            except imports.FileRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                confirmation = (
                    _store_upload(request, file, wishes)
                    if report.may_be_confirmed(**wishes)
                    else ""
                )
        return self._render(request, form, report, confirmation)

    def _import(self, request: HttpRequest) -> HttpResponse:
        report = None
        try:
            stored = signing.loads(
                request.POST["confirm"], salt=_salt(request), max_age=_PREVIEW_LIFETIME
            )
            with default_storage.open(stored["file"]) as file:
                content = BytesIO(file.read())
            content.name = stored["name"]
            report = _run(content, actor=_staff(request), **stored["wishes"])
            messages.success(request, f"Imported {stored['name']}: {report.counts}.")
        except (signing.BadSignature, FileNotFoundError):
            messages.error(request, "The file is no longer there: upload it again.")
        except (imports.FileRefused, imports.StrictRefused) as refusal:
            messages.error(request, f"{stored['name']}: {refusal}")
        _delete_uploads(request)
        return self._render(request, ImportForm(), report, "")

    def _render(
        self, request: HttpRequest, form: ImportForm, report: Report | None, confirmation: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Import products",
            "opts": self.opts,
            "form": form,
            "report": report,
            "confirmation": confirmation,
        }
        return render(request, "admin/catalog/product/import.html", context)

    def _may_import(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)


def _run(file: Any, **wishes: Any) -> Report:
    """Import, or only look. Raises FileRefused, StrictRefused."""
    report = Report()
    size = file.seek(0, 2)
    source = imports.check(imports.Source(file.name, getattr(file, "file", file), size))
    report.counts = imports.import_products(source, imports.Wishes(**wishes), report.add)
    return report


def _download(form: str, products: QuerySet[Product] | None = None) -> HttpResponse:
    """Return products as a file, all by default; of a variant the product that it belongs to."""
    only = None
    if products is not None:
        only = {parent or pk for pk, parent in products.values_list("pk", "parent_id")}
    file = BytesIO()
    exports.export_products(file, form, only)
    headers = {"Content-Disposition": f'attachment; filename="products.{form}"'}
    return HttpResponse(file.getvalue(), content_type=_TYPES[form], headers=headers)


def _store_upload(request: HttpRequest, upload: UploadedFile, wishes: dict[str, bool]) -> str:
    """Store a file until it is confirmed, in place of the last one; return a signed reference."""
    _delete_uploads(request)
    upload.seek(0)
    name = default_storage.save(f"{_folder(request)}/{token_hex(16)}", upload)
    stored = {"file": name, "name": upload.name, "wishes": wishes}
    return signing.dumps(stored, salt=_salt(request))


def _delete_uploads(request: HttpRequest) -> None:
    try:
        names = default_storage.listdir(_folder(request))[1]
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{_folder(request)}/{name}")


def _folder(request: HttpRequest) -> str:
    return f"imports/{_staff(request).pk}"


def _salt(request: HttpRequest) -> str:
    return f"{_SALT}.{_staff(request).pk}"


def _staff(request: HttpRequest) -> AbstractUser:
    if not isinstance(request.user, AbstractUser):
        raise PermissionDenied
    return request.user
