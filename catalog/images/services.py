"""The writes of images.

``catalog.images.files.store_image`` writes the files before the transaction. They are deleted after
the commit.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, TypedDict, Unpack

from django.db import transaction
from django.db.models import Count, Max

from catalog import revision
from catalog.images.errors import ImageLimit, ImageNotFound
from catalog.images.files import ImageFiles, all_names, delete_files
from catalog.images.models import ProductImage
from catalog.limits import MAX_IMAGES, MAX_POSITION
from catalog.products.families import lock_family
from catalog.products.models import Product
from shop.core.transactions import transactional
from shop.core.translations import Translations, replaced
from shop.engine import insert_many


class ImageChanges(TypedDict, total=False):
    """The fields of an image that staff may change."""

    alt: str
    position: int
    translations: Translations


class NewImage(NamedTuple):
    """The stored files of an image to add."""

    files: ImageFiles
    alt: str = ""
    position: int | None = None
    """None: after the others."""


@transactional
def add_image(
    *, product_id: int, files: ImageFiles, alt: str = "", position: int | None = None
) -> ProductImage:
    """Add an image to a product or a variant. ``position`` defaults to the last one.

    Raises ProductNotFound, ImageLimit.
    """
    family = lock_family(product_id)
    (image,) = _new_images(family.get(product_id), [NewImage(files, alt, position)])
    image.save(force_insert=True)
    revision.bump(family.pks())
    return image


@transactional
def update_image(
    *, product_id: int, image_id: int, **changes: Unpack[ImageChanges]
) -> ProductImage:
    """Change alternative text, its translations or position.

    Raises ProductNotFound, ImageNotFound.
    """
    family = lock_family(product_id)
    (image,) = _get(family.get(product_id), [image_id])
    if changes:
        _set(image, changes)
        image.save(update_fields=list(changes))
        revision.bump(family.pks())
    return image


@transactional
def delete_image(*, product_id: int, image_id: int) -> None:
    """Delete an image, and its files after the commit. Raises ProductNotFound, ImageNotFound."""
    edit_images(product_id=product_id, deleted=[image_id])


@transactional
def edit_images(
    *,
    product_id: int,
    changes: Mapping[int, ImageChanges] = MappingProxyType({}),
    deleted: Collection[int] = (),
    new: Sequence[NewImage] = (),
) -> None:
    """Change and delete images of a product or a variant, then add new ones.

    ``changes`` and ``deleted`` have the ids of images. Files are deleted after the commit. Raises
    ProductNotFound, ImageNotFound, ImageLimit.
    """
    family = lock_family(product_id)
    product = family.get(product_id)
    changed = _get(product, changes)
    for image in changed:
        _set(image, changes[image.pk])
    _delete(_get(product, deleted))
    write_images(new=(), changed=changed)
    write_images(new=_new_images(product, new), changed=())
    revision.bump(family.pks())


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
    """Insert new images, and update texts and position of changed ones.

    The caller has locked the products, and bumps the revision afterwards.
    """
    if changed:
        ProductImage.objects.bulk_update(changed, ["alt", "position", "translations"])
    for image in new:
        image.product_id = image.product.pk  # which an import did not know yet
    insert_many(new)


def _set(image: ProductImage, changes: ImageChanges) -> None:
    before = image.translations
    for name, value in changes.items():
        setattr(image, name, value)
    if "translations" in changes:
        image.translations = replaced(before, changes["translations"])


def _get(product: Product, image_ids: Collection[int]) -> list[ProductImage]:
    images = list(ProductImage.objects.filter(product=product, pk__in=image_ids).order_by("pk"))
    if len(images) != len(image_ids):
        raise ImageNotFound
    return images


def _new_images(product: Product, new: Sequence[NewImage]) -> list[ProductImage]:
    """Return rows of a locked product, by default after its images. Raises ImageLimit."""
    facts = product.images.aggregate(count=Count("pk"), last=Max("position"))
    if facts["count"] + len(new) > MAX_IMAGES:
        raise ImageLimit(limit=MAX_IMAGES)
    first = 0 if facts["last"] is None else facts["last"] + 1
    return [
        ProductImage(
            product=product,
            alt=each.alt,
            position=min(last if each.position is None else each.position, MAX_POSITION),
            **each.files._asdict(),
        )
        for last, each in enumerate(new, start=first)
    ]


def _delete(images: Sequence[ProductImage]) -> None:
    if not images:
        return
    ProductImage.objects.filter(pk__in=[image.pk for image in images]).delete()
    for image in images:
        names = all_names(str(image.large.name or ""), str(image.small.name or ""))
        transaction.on_commit(partial(delete_files, names))
