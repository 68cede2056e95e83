"""The files of images in Django's default storage."""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from secrets import token_hex
from typing import IO, TYPE_CHECKING, NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from catalog import revision
from catalog.images.models import ProductImage
from catalog.images.sizes import SIZES
from shop.core.errors import ShopError, Unavailable
from shop.core.jobs import is_time_over

if TYPE_CHECKING:
    from catalog.images.processing import ProcessedImage

logger = logging.getLogger("shop.images")

FOLDER = "products"
NAME = rf"{FOLDER}/[0-9a-f]{{2}}/[0-9a-f]{{32}}-(?:{'|'.join(SIZES)})\.webp"
"""The pattern of file names. There are 256 folders, as listing one with a million files is slow."""

_LARGE = "-large.webp"
ORPHANED_AFTER = timedelta(days=1)
"""The minimum age of an orphan. A newer file may belong to an upload that has not finished."""


class ImageFiles(NamedTuple):
    """The names of two files of an image, from which ``all_names`` makes the others.

    ``width`` and ``height`` are the pixels of the large one; ``placeholder`` is a data URI.
    """

    large: str
    small: str
    width: int
    height: int
    placeholder: str


def _process(upload: IO[bytes]) -> "ProcessedImage":
    # Pillow and its decoders need 5 MiB, in processes that never see an image too.
    from catalog.images.processing import process_image  # noqa: PLC0415

    return process_image(upload)


def all_names(large: str, small: str) -> list[str]:
    """Return the names of all files of an image that has these two, the largest first."""
    if not re.fullmatch(NAME, large):
        return [name for name in (large, small) if name]
    return [size_of(large, size) for size in SIZES]


def size_of(large: str, size: str) -> str:
    """Return the name of the file in another size."""
    return f"{large.removesuffix(_LARGE)}-{size}.webp"


@contextmanager
def store_image(upload: IO[bytes]) -> Iterator[ImageFiles]:
    """Process an upload and write its files. Delete them on exit, unless a row refers to them.

    Enter it outside of a transaction, because processing is slow and must not prolong locks. Raises
    ImageInvalid, ImageTooLarge, Unavailable.
    """
    processed = _process(upload)
    key = token_hex(16)
    large = f"{FOLDER}/{key[:2]}/{key}{_LARGE}"
    facts = (processed.width, processed.height, processed.placeholder)
    files = ImageFiles(large, size_of(large, "small"), *facts)
    names = all_names(files.large, files.small)
    try:
        for name, content in zip(names, processed.files, strict=True):
            _write(name, content)
        yield files
    finally:
        if not ProductImage.objects.filter(large=large).exists():
            delete_files(names)


def complete_images() -> int:
    """Make the sizes and placeholders of images that an older release has stored.

    Returns the number of images. An image that cannot be read is logged, and tried again by the
    next call.
    """
    rows = ProductImage.objects.filter(width=None).exclude(large="").order_by("pk")
    after, completed = 0, 0
    while not is_time_over() and (row := rows.filter(pk__gt=after).first()):
        after = row.pk
        try:
            completed += _complete(row)
        except (OSError, ShopError) as error:
            logger.warning("%s was not completed: %s", row.large.name, _one_line(error))
    if completed:
        with transaction.atomic():
            revision.bump(everything=True)
    return completed


def _complete(row: ProductImage) -> int:
    """Write the missing files of an image, then what pages need; return 1 if it still exists."""
    large = str(row.large.name)
    with default_storage.open(large) as file:
        processed = _process(BytesIO(file.read()))
    if re.fullmatch(NAME, large):
        for name, content in zip(all_names(large, ""), processed.files, strict=True):
            if not default_storage.exists(name):
                _write(name, content)
    return ProductImage.objects.filter(pk=row.pk, large=large).update(
        width=processed.width, height=processed.height, placeholder=processed.placeholder
    )


def delete_files(names: Iterable[str]) -> None:
    """Delete files. A failure is logged only, since ``delete_orphans`` tries it again."""
    for name in names:
        try:
            default_storage.delete(name)
        except Exception as error:  # noqa: BLE001 - storages raise errors of any type
            logger.warning("%s was not deleted: %s", name, _one_line(error))


def delete_orphans() -> int:
    """Delete files that belong to no image and are older than a day; return their number.

    Stops between two folders, each of which is a request to the storage, if the time is over.
    """
    deleted = 0
    for number in range(256):
        if is_time_over():
            break
        deleted += _delete_orphans(f"{FOLDER}/{number:02x}")
    return deleted


def _delete_orphans(folder: str) -> int:
    try:
        names = {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
    except FileNotFoundError:
        return 0
    used = ProductImage.objects.filter(large__startswith=f"{folder}/").values_list("large", "small")
    names.difference_update(*(all_names(*each) for each in used))
    old = timezone.now() - ORPHANED_AFTER
    orphans = [name for name in sorted(names) if default_storage.get_modified_time(name) < old]
    delete_files(orphans)
    return len(orphans)


def _write(name: str, content: bytes) -> None:
    try:
        default_storage.save(name, ContentFile(content))
    except Exception as error:
        logger.error("%s was not written: %s", name, _one_line(error))  # noqa: TRY400 - one line
        raise Unavailable from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
