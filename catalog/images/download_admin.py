"""The admin of the images that imports found on other hosts."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog.images import downloads
from catalog.images.models import ImageDownload
from shop.core.admin import ReadOnlyAdmin


@admin.register(ImageDownload)
class ImageDownloadAdmin(ReadOnlyAdmin):
    """Downloads, newest first. They have the permissions of images."""

    list_display = (
        *("id", "product", "status", "last_error", "url", "attempts", "next_attempt_at"),
        "ended_at",
    )
    list_select_related = ("image__product",)
    list_filter = ("status",)
    search_fields = ("url", "last_error")
    search_help_text = _("The number of a download or a product, or a part of a URL or an error.")
    number_fields = ("pk", "image__product_id")
    ordering = ("-pk",)
    actions = ("retry",)

    @admin.display(description=_("Product"))
    def product(self, download: ImageDownload) -> str:
        """Return a link to the product of the image."""
        product = download.image.product
        url = reverse("admin:catalog_product_change", args=[product.pk])
        return format_html('<a href="{}">{}</a>', url, product)

    @admin.action(description=_("Try selected downloads again"), permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[ImageDownload]) -> None:
        """Let the worker download again what has failed. Others stay as they are."""
        number = downloads.retry_failed(queryset)
        self.message_user(
            request,
            f"{number:,} downloads will be tried again.",
            messages.SUCCESS if number else messages.WARNING,
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may see images."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: ImageDownload | None = None) -> bool:
        """Return whether the user may see images."""
        names = ("catalog.view_productimage", "catalog.change_productimage")
        return any(map(request.user.has_perm, names))

    def has_change_permission(self, request: HttpRequest, obj: ImageDownload | None = None) -> bool:
        """Return whether the user may run the action. A row has no form."""
        return obj is None and request.user.has_perm("catalog.change_productimage")
