"""The files of images in Django's default storage."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from secrets import token_hex
from typing import IO, NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from catalog.images.models import ProductImage
from catalog.images.processing import process_image
from shop.core.errors import Unavailable
from shop.core.jobs import is_time_over

logger = logging.getLogger("shop.images")

FOLDER = "products"
NAME = rf"{FOLDER}/[0-9a-f]{{2}}/[0-9a-f]{{32}}-(?:large|small)\.webp"
"""The pattern of file names. There are 256 folders, as listing one with a million files is slow."""

ORPHANED_AFTER = timedelta(days=1)
"""The minimum age of an orphan. A newer file may belong to an upload that has not finished."""


class ImageFiles(NamedTuple):
    """The names of the two files of an image."""

    large: str
    small: str


@contextmanager
def store_image(upload: IO[bytes]) -> Iterator[ImageFiles]:
    """Process an upload and write its files. Delete them on exit, unless a row refers to them.

    Enter it outside of a transaction, because processing is slow and must not prolong locks. Raises
    ImageInvalid, ImageTooLarge, Unavailable.
    """
    processed = process_image(upload)
    key = token_hex(16)
    files = ImageFiles(*(f"{FOLDER}/{key[:2]}/{key}-{size}.webp" for size in processed._fields))
    try:
        for name, content in zip(files, processed, strict=True):
            _write(name, content)
        yield files
    finally:
        if not ProductImage.objects.filter(large=files.large).exists():
            delete_files(files)


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
    names.difference_update(*used)
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
