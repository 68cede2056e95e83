"""The writes of images.

``catalog.images.files.store_image`` writes the files before the transaction. They are deleted after
the commit.
"""

from collections.abc import Sequence
from functools import partial
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Max

from catalog import revision
from catalog.images.errors import ImageLimit, ImageNotFound
from catalog.images.files import ImageFiles, all_names, delete_files
from catalog.images.models import ProductImage
from catalog.limits import MAX_IMAGES, MAX_POSITION
from catalog.products.families import Family, lock_family
from shop.core.transactions import transactional
from shop.engine import insert_many


class ImageChanges(TypedDict, total=False):
    """The fields of an image that staff may change."""

    alt: str
    position: int


@transactional
def add_image(
    *, product_id: int, files: ImageFiles, alt: str = "", position: int | None = None
) -> ProductImage:
    """Add an image to a product or a variant. ``position`` defaults to the last one.

    Raises ProductNotFound, ImageLimit.
    """
    family = lock_family(product_id)
    images = ProductImage.objects.filter(product=family.get(product_id))
    if images.count() >= MAX_IMAGES:
        raise ImageLimit(limit=MAX_IMAGES)
    if position is None:
        last = images.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else min(last + 1, MAX_POSITION)
    image = images.create(product_id=product_id, alt=alt, position=position, **files._asdict())
    revision.bump(family.pks())
    return image


@transactional
def update_image(
    *, product_id: int, image_id: int, **changes: Unpack[ImageChanges]
) -> ProductImage:
    """Change alternative text or position. Raises ProductNotFound, ImageNotFound."""
    family = lock_family(product_id)
    image = _get(family, product_id, image_id)
    if changes:
        for name, value in changes.items():
            setattr(image, name, value)
        image.save(update_fields=list(changes))
        revision.bump(family.pks())
    return image


@transactional
def delete_image(*, product_id: int, image_id: int) -> None:
    """Delete an image, and its files after the commit. Raises ProductNotFound, ImageNotFound."""
    family = lock_family(product_id)
    image = _get(family, product_id, image_id)
    names = all_names(str(image.large.name or ""), str(image.small.name or ""))
    image.delete()
    revision.bump(family.pks())
    transaction.on_commit(partial(delete_files, names))


@transactional
def set_files(*, image_id: int, files: ImageFiles) -> None:
    """Give files to an image that was on another host. Ignores one that was deleted meanwhile."""
    image = ProductImage.objects.filter(pk=image_id).first()
    if image is None:
        return
    family = lock_family(image.product_id)
    ProductImage.objects.filter(pk=image_id).exclude(source_url="").update(
        source_url="", **files._asdict()
    )
    revision.bump(family.pks())


def write_images(*, new: Sequence[ProductImage], changed: Sequence[ProductImage]) -> None:
    """Insert new images, and update alternative text and position of changed ones.

    The caller has locked the products, and bumps the revision afterwards.
    """
    if changed:
        ProductImage.objects.bulk_update(changed, ["alt", "position"])
    for image in new:
        image.product_id = image.product.pk  # which an import did not know yet
    insert_many(new)


def _get(family: Family, product_id: int, image_id: int) -> ProductImage:
    try:
        return ProductImage.objects.get(product=family.get(product_id), pk=image_id)
    except ProductImage.DoesNotExist:
        raise ImageNotFound from None
