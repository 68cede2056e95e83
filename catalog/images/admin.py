"""The admin of images.

A product's page lists its images, and each image has a page of its own, because one form for fifty
images would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS. Uploads have their own view, because Django's
would process the image inside a transaction.
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
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog.admin_base import ServiceAdmin, staff_of
from catalog.images import services
from catalog.images.errors import image_too_large
from catalog.images.files import store_image
from catalog.images.models import ProductImage
from catalog.limits import ALT_LENGTH, MAX_IMAGE_BYTES, MAX_POSITION
from catalog.products.families import lock_family
from catalog.products.models import Product
from shop.core.admin import ReadOnlyInline
from shop.core.errors import ShopError


class ImageForm(forms.Form):
    """An image to add."""

    image = forms.FileField(
        help_text=_(
            "A JPEG, PNG, WebP, AVIF, HEIC or GIF file of at most 10 MiB and 50 megapixels."
        )
    )
    alt = forms.CharField(
        label=_("Alternative text"),
        max_length=ALT_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
        help_text=_("A description of the image for screen readers."),
    )
    position = forms.IntegerField(
        min_value=0,
        max_value=MAX_POSITION,
        required=False,
        help_text=_("Images are sorted by position. If empty, the image is placed last."),
    )

    def clean_image(self) -> UploadedFile:
        """Reject a file that is too large without reading it."""
        image = cast("UploadedFile", self.cleaned_data["image"])
        if (image.size or 0) > MAX_IMAGE_BYTES:
            raise forms.ValidationError(image_too_large().detail)
        return image


class ImageInline(ReadOnlyInline):
    """The images of a product."""

    model = ProductImage
    verbose_name_plural = _("images")
    fields = ("thumbnail", "alt", "position", "pages")
    readonly_fields = fields
    ordering = ("position", "pk")

    @admin.display(description=_("Image"))
    def thumbnail(self, image: ProductImage) -> str:
        """Return the small image."""
        return thumbnail(image)

    @admin.display(description="")
    def pages(self, image: ProductImage) -> str:
        """Return links to the pages that change and delete the image."""
        change, delete = (
            reverse(f"admin:catalog_productimage_{name}", args=[image.pk])
            for name in ("change", "delete")
        )
        return format_html('<a href="{}">Change</a> · <a href="{}">Delete</a>', change, delete)


@admin.register(ProductImage)
class ImageAdmin(ServiceAdmin):
    """Images. The file of an image cannot be replaced."""

    list_display = ("thumbnail", "product", "alt", "position")
    list_display_links = ("thumbnail",)
    list_select_related = ("product",)
    search_fields = ("product__name", "alt")
    fields = ("thumbnail", "product", "alt", "translations", "position")
    readonly_fields = ("thumbnail", "product")
    actions = None

    @admin.display(description=_("Image"))
    def thumbnail(self, image: ProductImage) -> str:
        """Return the small image."""
        return thumbnail(image)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Add an image to the product in the query string."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        product_id = request.GET.get("product", "")
        if not re.fullmatch("[0-9]{1,18}", product_id):
            messages.info(request, "To add an image, open a product and use the link on its page.")
            return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))
        product = get_object_or_404(Product.objects.visible_to(staff_of(request)), pk=product_id)
        form = ImageForm(request.POST or None, request.FILES or None)
        done = None
        if request.method == "POST" and form.is_valid():
            done = self._add(request, product, form)
        return done or self.product_form(request, product, form, f"Add an image of {product}")

    def lock(self, request: HttpRequest, pk: Any) -> None:
        """Lock the product with its variants, as the services do. Raises ProductNotFound."""
        for product_id in ProductImage.objects.filter(pk=pk).values_list("product_id", flat=True):
            lock_family(product_id)

    def update(self, obj: ProductImage, changes: dict[str, Any]) -> None:
        """Update texts and position."""
        services.update_image(product_id=obj.product_id, image_id=obj.pk, **changes)

    def delete(self, obj: ProductImage) -> None:
        """Delete an image and its files."""
        services.delete_image(product_id=obj.product_id, image_id=obj.pk)

    def _add(self, request: HttpRequest, product: Product, form: ImageForm) -> HttpResponse | None:
        """Add the image of a valid form; on an error, add it to the form and return None."""
        values = {name: form.cleaned_data[name] for name in ("alt", "position")}

        def save() -> HttpResponse:
            image = services.add_image(product_id=product.pk, files=files, **values)
            self.log_addition(request, image, f"Added to {product}.")
            messages.success(request, f"The image was added to {product}.")
            url = reverse("admin:catalog_product_change", args=[product.pk])
            return HttpResponseRedirect(url)

        try:
            with store_image(form.cleaned_data["image"]) as files:
                return self.save_form_once(request, form, save)
        except ShopError as error:
            form.add_error("image", error.detail)
            return None


def thumbnail(image: ProductImage) -> str:
    """Return an HTML element with the small image."""
    small = image.small.name
    url = default_storage.url(small) if small else image.source_url
    return format_html('<img class="shop-thumbnail" src="{}" alt="{}">', url, image.alt)
