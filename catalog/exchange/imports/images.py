"""Plans the images of products and variants."""

from typing import Any

from django.core.files.storage import default_storage

from catalog.exchange.imports.plans import Plan
from catalog.exchange.imports.records import ImageRecord
from catalog.exchange.imports.rows import quote
from catalog.exchange.imports.translations import merged_translations
from catalog.images.models import ProductImage
from catalog.limits import MAX_IMAGES
from catalog.products.writes import RowChanges


def set_images(
    plan: Plan,
    changes: RowChanges,
    records: list[ImageRecord],
    existing: list[ProductImage],
    *,
    check_files: bool,
) -> None:
    """Add new images and update existing ones. No image is deleted.

    ``check_files`` adds an error for a file that the media storage does not contain.
    """
    others = list(existing)
    room = MAX_IMAGES - len(others)
    for record in records:
        image = next((image for image in others if _matches(image, record)), None)
        if image is None:
            room -= 1
            if room < 0:
                reason = f"The product would have more than {MAX_IMAGES} images."
                plan.record.warn(record.row.error("picture", f"{reason} It was left out."))
                continue
            if check_files:
                _check_files(plan, record)
            files = {"large": record.large, "small": record.small}
            image = ProductImage(product=changes.row, source_url=record.url, **files)
            changes.new_images.append(image)
            _set(image, record)
        else:
            others.remove(image)
            if _set(image, record):
                changes.changed_images.append(image)


def _set(image: ProductImage, record: ImageRecord) -> bool:
    """Set the values of a record, and return whether one of them changed.

    Translations that the file does not have stay.
    """
    values: dict[str, Any] = record.values
    if record.translations:
        texts = merged_translations(record.translations, image.translations)
        values = {**values, "translations": texts}
    is_changed = False
    for name, value in values.items():
        is_changed |= getattr(image, name) != value
        setattr(image, name, value)
    return is_changed


def _matches(image: ProductImage, record: ImageRecord) -> bool:
    if record.url:
        download = getattr(image, "download", None)
        return record.url in {image.source_url, download.url if download else ""}
    return image.large.name == record.large


def _check_files(plan: Plan, record: ImageRecord) -> None:
    for name in (record.large, record.small) if record.large else ():
        if not default_storage.exists(name):
            reason = f"The media storage does not contain {quote(name)}. Copy the files first."
            plan.record.errors.append(record.row.error("picture", reason))
