"""The uploaded files of imports, which are stored until they are confirmed.

They are in the media storage, so that any worker can import them. Their names cannot be guessed,
and pages refer to them by a signature of their user. The import or the user's next upload deletes
a file, and so does ``cleanup`` after a day.
"""

from datetime import timedelta
from io import BytesIO
from secrets import token_hex
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core import signing
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

LIFETIME = timedelta(days=1)
_FOLDER = "imports"
_SALT = "catalog.exchange.admin"


class UploadGone(Exception):
    """The file was imported, replaced or deleted, or the reference is not the user's."""


def store(user: AbstractUser, upload: "UploadedFile[bytes]") -> dict[str, Any]:
    """Store a file instead of the previous ones of the user; return a description of it."""
    delete_all(user)
    upload.seek(0)
    name = default_storage.save(f"{_FOLDER}/{user.pk}/{token_hex(16)}", upload)
    return {"file": name, "name": upload.name}


def sign(user: AbstractUser, description: dict[str, Any]) -> str:
    """Return a reference to a file, with what was chosen about it, for a page of the user."""
    return signing.dumps(description, salt=f"{_SALT}.{user.pk}")


def load(user: AbstractUser, reference: str) -> tuple[dict[str, Any], BytesIO]:
    """Return the description and the content of a file. Raises UploadGone."""
    try:
        found: dict[str, Any] = signing.loads(
            reference, salt=f"{_SALT}.{user.pk}", max_age=LIFETIME
        )
        with default_storage.open(found["file"]) as file:
            return found, BytesIO(file.read())
    except (signing.BadSignature, FileNotFoundError) as error:
        raise UploadGone from error


def delete_all(user: AbstractUser) -> None:
    """Delete the files of a user."""
    for name in _files_in(f"{_FOLDER}/{user.pk}"):
        default_storage.delete(name)


def delete_expired() -> int:
    """Delete files that were not confirmed within a day; return their number."""
    number, oldest = 0, timezone.now() - LIFETIME
    for folder in _list(_FOLDER)[0]:
        for name in _files_in(f"{_FOLDER}/{folder}"):
            if default_storage.get_modified_time(name) < oldest:
                default_storage.delete(name)
                number += 1
    return number


def _files_in(folder: str) -> list[str]:
    return [f"{folder}/{name}" for name in _list(folder)[1]]


def _list(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
