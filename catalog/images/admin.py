"""Images in the admin, which writes by the services.

A product's page lists them, and each has a page of its own: one form for fifty of them would have
more fields than a body may. The upload has a view of its own too, since Django's would process the
image inside a transaction.
"""

import re
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html

from catalog.images import services
from catalog.images.errors import ImageTooLarge
from catalog.images.files import store_image
from catalog.images.models import ProductImage
from catalog.limits import ALT_LENGTH, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_POSITION
from catalog.products.models import Product
from shop.core.admin import ReadOnlyInline, ShopModelAdmin
from shop.core.errors import ShopError


class ImageForm(forms.Form):
    """An image to add."""

    image = forms.FileField(
        label="Picture", help_text="JPEG, PNG, WebP or GIF of at most 10 MiB and 40 megapixels."
    )
    alt = forms.CharField(
        max_length=ALT_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
        help_text="What it shows, for who cannot see it.",
    )
    position = forms.IntegerField(
        min_value=0,
        max_value=MAX_POSITION,
        required=False,
        help_text="Low comes first; behind the others if empty.",
    )

    def clean_image(self) -> UploadedFile:
        """Refuse one that is too large before anything is read of it."""
        image = cast("UploadedFile", self.cleaned_data["image"])
        if (image.size or 0) > MAX_IMAGE_BYTES:
            too_large = ImageTooLarge(max_bytes=MAX_IMAGE_BYTES, max_pixels=MAX_IMAGE_PIXELS)
            raise forms.ValidationError(too_large.detail)
        return image


class ImageInline(ReadOnlyInline):
    """A product's images."""

    model = ProductImage
    verbose_name_plural = "pictures"
    fields = ("picture", "alt", "position", "pages")
    readonly_fields = fields
    ordering = ("position", "pk")

    @admin.display(description="Picture")
    def picture(self, image: ProductImage) -> str:
        """Show it, small."""
        return thumbnail(image)

    @admin.display(description="")
    def pages(self, image: ProductImage) -> str:
        """Link to where it is changed and deleted."""
        change, delete = (
            reverse(f"admin:catalog_productimage_{name}", args=[image.pk])
            for name in ("change", "delete")
        )
        return format_html('<a href="{}">Change</a> · <a href="{}">Delete</a>', change, delete)


@admin.register(ProductImage)
class ImageAdmin(ShopModelAdmin):
    """Images; another image is another row."""

    list_display = ("thumbnail", "product", "alt", "position")
    list_display_links = ("thumbnail",)
    list_select_related = ("product",)
    search_fields = ("product__name", "alt")
    fields = ("thumbnail", "product", "alt", "position")
    readonly_fields = ("thumbnail", "product")
    actions = None

    @admin.display(description="Picture")
    def thumbnail(self, image: ProductImage) -> str:
        """Show it, small."""
        return thumbnail(image)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Add a picture to the product that the query names."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("product", "")
        if not re.fullmatch("[0-9]{1,18}", wanted):
            messages.info(request, "Open a product: its page adds pictures.")
            return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))
        product = get_object_or_404(Product.objects.not_archived(), pk=wanted)
        form = ImageForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and self._add(request, product, form):
            return HttpResponseRedirect(reverse("admin:catalog_product_change", args=[product.pk]))
        return self._show_form(request, product, form)

    def save_model(self, request: HttpRequest, obj: ProductImage, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the service."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        services.update_image(product_id=obj.product_id, image_id=obj.pk, **changes)

    def delete_model(self, request: HttpRequest, obj: ProductImage) -> None:
        """Delete by the service, which also sees to the files."""
        services.delete_image(product_id=obj.product_id, image_id=obj.pk)

    def _add(self, request: HttpRequest, product: Product, form: ImageForm) -> bool:
        said = {name: form.cleaned_data[name] for name in ("alt", "position")}
        try:
            with store_image(form.cleaned_data["image"]) as files:
                image = services.add_image(product_id=product.pk, files=files, **said)
        except ShopError as refusal:
            form.add_error("image", refusal.detail)
            return False
        self.log_addition(request, image, f"Added to {product}.")
        messages.success(request, f"{product} has a new picture.")
        return True

    def _show_form(self, request: HttpRequest, product: Product, form: ImageForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Add a picture of {product}",
            "opts": self.opts,
            "product": product,
            "form": form,
        }
        return render(request, "admin/catalog/product/form.html", context)


def thumbnail(image: ProductImage) -> str:
    """Return an HTML element with an image, small."""
    small = image.small.name
    url = default_storage.url(small) if small else image.source_url
    return format_html(
        '<img src="{}" alt="{}" style="max-width: 96px; max-height: 96px">', url, image.alt
    )
