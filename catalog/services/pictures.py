"""Every write of pictures. Their files are made before it (``catalog.files.files_of``), and go only
once it is certain that no picture has them.
"""

from functools import partial
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Max

from catalog import revision
from catalog.errors import PictureLimit, PictureNotFound
from catalog.files import PictureFiles, delete_files
from catalog.models import MAX_PICTURES, ProductImage
from catalog.models.pictures import MAX_POSITION
from catalog.services.rows import Family, lock_family
from shop.core.transactions import transactional


class PictureChanges(TypedDict, total=False):
    """What staff may change of a picture; another picture is another row."""

    alt: str
    position: int


@transactional
def add_picture(
    *, product_id: int, files: PictureFiles, alt: str = "", position: int | None = None
) -> ProductImage:
    """Give a product, or a variant, a picture; behind the others unless ``position`` is given.

    Raises ProductNotFound, PictureLimit.
    """
    family = lock_family(product_id)
    pictures = ProductImage.objects.filter(product=family.get(product_id))
    if pictures.count() >= MAX_PICTURES:
        raise PictureLimit(limit=MAX_PICTURES)
    if position is None:
        last = pictures.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else min(last + 1, MAX_POSITION)
    picture = pictures.create(
        product_id=product_id, large=files.large, small=files.small, alt=alt, position=position
    )
    revision.bump(family.pks())
    return picture


@transactional
def update_picture(
    *, product_id: int, picture_id: int, **changes: Unpack[PictureChanges]
) -> ProductImage:
    """Change what a picture says, or its place. Raises ProductNotFound, PictureNotFound."""
    family = lock_family(product_id)
    picture = _get(family, product_id, picture_id)
    if changes:
        for name, value in changes.items():
            setattr(picture, name, value)
        picture.save(update_fields=list(changes))
        revision.bump(family.pks())
    return picture


@transactional
def delete_picture(*, product_id: int, picture_id: int) -> None:
    """Delete a picture, and its files after the commit. Raises ProductNotFound, PictureNotFound."""
    family = lock_family(product_id)
    picture = _get(family, product_id, picture_id)
    names = [name for name in (picture.large.name, picture.small.name) if name]
    picture.delete()
    revision.bump(family.pks())
    transaction.on_commit(partial(delete_files, names))


def _get(family: Family, product_id: int, picture_id: int) -> ProductImage:
    try:
        return ProductImage.objects.get(product=family.get(product_id), pk=picture_id)
    except ProductImage.DoesNotExist:
        raise PictureNotFound from None
