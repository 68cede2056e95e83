"""The images on the page of a product: a row for each, and several files to add."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.forms import BoundField
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin_sections import Section
from catalog.images.admin import thumbnail
from catalog.images.errors import image_too_large
from catalog.images.files import ImageFiles, store_image
from catalog.images.models import IMAGE_MEMBERS, ProductImage
from catalog.images.services import ImageChanges, NewImage, edit_images
from catalog.limits import ALT_LENGTH, MAX_IMAGE_BYTES, MAX_POSITION
from catalog.products.models import Product
from shop.core.errors import ShopError
from shop.core.language_codes import further_languages
from shop.core.translation_forms import TranslationsFormField

FILES, ALTS, POSITIONS = "images", "image_alts", "image_positions"
MAX_EDITED = 50
"""Images on one page. More would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS."""
MAX_TRANSLATED = 200
"""Translations on one page, for the same reason. Those of more images are on the images' pages."""
MAX_FILES = 20
"""Images that one form adds. Each takes up to a second."""
_STORED = "_stored_images"


@contextmanager
def stored_images(request: HttpRequest) -> Iterator[None]:
    """Process the images of a form that was sent, outside of the transaction that saves it.

    Exit it after the transaction, to delete the files that no image refers to. If an image is
    refused, the form gets the error, so that nothing is saved.
    """
    with ExitStack() as stack:
        found: list[ImageFiles] = []
        for file in request.FILES.getlist(FILES) if _may_add(request) else ():
            try:
                found.append(stack.enter_context(_store(file)))
            except ShopError as error:
                request.refusals = [(FILES, f"{file.name}: {error.detail}")]  # type: ignore[attr-defined]
                break
        setattr(request, _STORED, found)
        yield


def _may_add(request: HttpRequest) -> bool:
    count = len(request.FILES.getlist(FILES))
    return count <= MAX_FILES and request.user.has_perm("catalog.add_productimage")


def _store(file: Any) -> Any:
    if (file.size or 0) > MAX_IMAGE_BYTES:
        raise image_too_large()
    return store_image(file)


class _FilesInput(forms.FileInput):
    """An input for several files."""

    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files. Their contents are read by ``stored_images``."""

    widget = _FilesInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif,image/gif"})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Return the files. Raises ValidationError for too many."""
        files = [super(_FilesField, self).clean(file, initial) for file in data or ()]
        if len(files) > MAX_FILES:
            raise ValidationError(_("Add at most %(limit)s images at once.") % {"limit": MAX_FILES})
        return files

    def has_changed(self, _initial: Any, data: Any) -> bool:
        """Return whether there are files."""
        return bool(data)


class Row(NamedTuple):
    """A row of the table of images."""

    image: str
    fields: list[Any]
    """A cell for each column but the first: a field, or a value for reading."""


class ImageSection(Section):
    """The images of a product or a variant."""

    template_name = "admin/catalog/product/images.html"

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        """Read the images."""
        super().__init__(request, product)
        images = list(product.images.order_by("position", "pk")) if product else []
        self.is_too_long = len(images) > MAX_EDITED
        self.images = (
            [] if self.is_too_long else [image for image in images if self._is_shown(image)]
        )
        self.may_change = self.may("change_productimage")
        self.may_add = self.may("add_productimage")
        self.may_delete = self.may("delete_productimage")
        self.is_sortable = self.may_change and not self.is_too_long
        """Whether images, also new ones, can be moved between the others."""
        texts = len(self.images) * len(further_languages())
        self.is_translated = self.may_change and 0 < texts <= MAX_TRANSLATED

    def fields(self) -> dict[str, forms.Field]:
        """Return the fields of the images, and those for new ones."""
        fields: dict[str, forms.Field] = {}
        for image in self.images:
            name = f"image_{image.pk}"
            if self.may_change:
                fields[f"{name}_alt"] = _alt_field(image)
                fields[f"{name}_position"] = _position_field(image)
            if self.is_translated:
                fields[f"{name}_translations"] = _translations_field(image)
            if self.may_delete:
                label = _("Delete %(image)s") % {"image": image}
                fields[f"{name}_delete"] = forms.BooleanField(label=label, required=False)
        if self.may_add:
            fields |= {FILES: _files_field(), ALTS: _alts_field(), POSITIONS: _positions_field()}
        return fields

    def clean(self) -> None:
        """Check the alternative texts of new images."""
        if any(len(alt) > ALT_LENGTH for alt in self._alts()):
            sentence = _("An alternative text may have at most %(limit)s characters.")
            self.form.add_error(ALTS, sentence % {"limit": ALT_LENGTH})

    def save(self, product: Product) -> None:
        """Change, delete and add images."""
        deleted = [i.pk for i in self.images if self.value(f"image_{i.pk}_delete")]
        kept = [image for image in self.images if image.pk not in deleted]
        changes = {i.pk: changes for i in kept if (changes := self._changes_of(i))}
        new = self._new_images()
        if changes or deleted or new:
            edit_images(product_id=product.pk, changes=changes, deleted=deleted, new=new)

    def table(self) -> list[Row]:
        """Return the rows for the template."""
        return [
            Row(
                thumbnail(image),
                [
                    self._cell(image, "alt") or image.alt,
                    *([self._cell(image, "translations")] if self.is_translated else []),
                    self._cell(image, "position") or image.position,
                    self._cell(image, "delete"),
                ],
            )
            for image in self.images
        ]

    def new_fields(self) -> list[BoundField]:
        """Return the fields for new images, for the template."""
        return [self.form[name] for name in (FILES, ALTS, POSITIONS) if name in self.form.fields]

    def _cell(self, image: ProductImage, cell: str) -> BoundField | None:
        name = f"image_{image.pk}_{cell}"
        return self.form[name] if name in self.form.fields else None

    def _is_shown(self, image: ProductImage) -> bool:
        return self.is_sent(f"image_{image.pk}_position")

    def _changes_of(self, image: ProductImage) -> ImageChanges:
        changes: ImageChanges = {}
        if f"image_{image.pk}_alt" in self.form.changed_data:
            changes["alt"] = self.value(f"image_{image.pk}_alt")
        if f"image_{image.pk}_position" in self.form.changed_data:
            changes["position"] = self.value(f"image_{image.pk}_position")
        if f"image_{image.pk}_translations" in self.form.changed_data:
            changes["translations"] = self.value(f"image_{image.pk}_translations")
        return changes

    def _new_images(self) -> Sequence[NewImage]:
        files: list[ImageFiles] = getattr(self.request, _STORED, []) if self.may_add else []
        alts = self._alts()
        alts += [""] * (len(files) - len(alts))
        positions: list[int | None] = [*self._positions()]
        if len(positions) != len(files):  # of a form without the script
            positions = [None] * len(files)
        return [NewImage(*each) for each in zip(files, alts, positions, strict=False)]

    def _positions(self) -> list[int]:
        return [int(number) for number in (self.value(POSITIONS) or "").split()]

    def _alts(self) -> list[str]:
        return [line.strip() for line in (self.value(ALTS) or "").splitlines()]


def _alt_field(image: ProductImage) -> forms.CharField:
    return forms.CharField(
        label=_("Alternative text of %(image)s") % {"image": image},
        initial=image.alt,
        max_length=ALT_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
    )


def _translations_field(image: ProductImage) -> TranslationsFormField:
    return TranslationsFormField(
        members=IMAGE_MEMBERS,
        languages=further_languages(),
        label=_("Translations of %(image)s") % {"image": image},
        initial=image.translations,
    )


def _position_field(image: ProductImage) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Position of %(image)s") % {"image": image},
        initial=image.position,
        min_value=0,
        max_value=MAX_POSITION,
    )


def _files_field() -> forms.Field:
    return _FilesField(
        label=gettext_lazy("New images"),
        required=False,
        help_text=gettext_lazy(
            "JPEG, PNG, WebP, AVIF or GIF files of at most 10 MiB and 50 megapixels each, and "
            "32 MiB together. If one of them is refused, nothing is saved: choose the files again."
        ),
    )


def _positions_field() -> forms.Field:
    """Return the field that the script of the page fills, with a number for each new image."""
    numbers = RegexValidator("^[0-9 ]*$")
    return forms.CharField(
        required=False, widget=forms.HiddenInput, max_length=6 * MAX_FILES, validators=[numbers]
    )


def _alts_field() -> forms.Field:
    return forms.CharField(
        label=gettext_lazy("Alternative texts of new images"),
        required=False,
        strip=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Descriptions for screen readers, a line for each file in the order of the files."
        ),
    )
