"""The files of images in the media storage that the settings name."""

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

logger = logging.getLogger("shop.images")

FOLDER = "products"
NAME = rf"{FOLDER}/[0-9a-f]{{2}}/[0-9a-f]{{32}}-(?:large|small)\.webp"
"""What a file's name looks like: 256 folders, since one that holds a million is slow to list."""

ORPHANED_AFTER = timedelta(days=1)
"""Longer than any upload takes: a younger file may belong to one that has not ended."""


class ImageFiles(NamedTuple):
    """The names of an image's two files."""

    large: str
    small: str


@contextmanager
def store_image(upload: IO[bytes]) -> Iterator[ImageFiles]:
    """Process an upload and write its files; at the end they are deleted, unless a row has them.

    Enter it before a transaction and leave it afterwards: processing is slow, and no lock may wait
    for it.
    Raises ImageInvalid, ImageTooLarge, Unavailable; then nothing is left behind.
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
    """Delete files; a failure is logged, and the file is left to ``delete_orphans``."""
    for name in names:
        try:
            default_storage.delete(name)
        except Exception as error:  # noqa: BLE001 - what a storage raises is its own affair
            logger.warning("%s was not deleted: %s", name, _one_line(error))


def delete_orphans() -> int:
    """Delete files that belong to no image and are older than a day; return their number."""
    return sum(_delete_orphans(f"{FOLDER}/{number:02x}") for number in range(256))


def _delete_orphans(folder: str) -> int:
    try:
        names = {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
    except FileNotFoundError:
        return 0
    had = ProductImage.objects.filter(large__startswith=f"{folder}/").values_list("large", "small")
    names.difference_update(*had)
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
