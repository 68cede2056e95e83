"""Downloads of images that an import found on another host.

An image shows the URL of the other host until its files are here. A download is claimed before it
starts (``shop.core.due_rows``), so that several workers do nothing twice. Connections, a busy
server and errors of it are tried again; what is no image, too large or gone is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from django.db.models import Count, QuerySet
from django.utils import timezone

from catalog.images.errors import ImageInvalid, ImageTooLarge
from catalog.images.files import store_image
from catalog.images.models import DownloadStatus, ImageDownload, ProductImage
from catalog.images.services import set_files
from catalog.limits import MAX_IMAGE_BYTES
from shop.core.due_rows import back_off, enqueue_each
from shop.core.errors import Unavailable
from shop.core.outbound import Limits, OutboundError, UrlRefused, send
from shop.engine import Insert

LIMITS = Limits(seconds=60, max_bytes=MAX_IMAGE_BYTES, max_redirects=3)
LEASE = timedelta(minutes=3)
"""The time after which another worker may download an image; longer than a request."""
VALIDITY = timedelta(days=3)
MAX_ATTEMPTS = 10
_FIRST_DELAY, _LONGEST_DELAY = timedelta(seconds=20), timedelta(hours=6)
_BATCH = 500
_DOWNLOADS = Insert(
    ImageDownload, "image_id", "url", "status", "attempts", "last_error", "valid_until"
)
_TEMPORARY = frozenset({408, 425, 429})
_OK, _ERROR = 200, 500
_TOO_LATE = "It could not be downloaded in time."


class _DownloadError(Exception):
    """There is no image at the URL, and another attempt would be in vain."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The number of downloads by status."""

    waiting: int
    done: int
    failed: int

    def __str__(self) -> str:
        return f"{self.done:,} images downloaded, {self.waiting:,} waiting, {self.failed:,} failed"


def progress() -> Progress:
    """Return how many downloads there are. One statement."""
    counts = dict(
        ImageDownload.objects.order_by().values_list("status").annotate(number=Count("pk"))
    )
    return Progress(*(counts.get(status, 0) for status in DownloadStatus.values))


def queue_downloads(images: Iterable[ProductImage]) -> None:
    """Let the worker download new images that are on another host. Needs their transaction."""
    until = timezone.now() + VALIDITY
    _DOWNLOADS.send_with_next(
        (image.pk, image.source_url, DownloadStatus.WAITING.value, 0, "", until)
        for image in images
        if image.source_url
    )


def queue_existing() -> int:
    """Let the worker download all images that are on another host; return their number."""
    number = 0
    images = ProductImage.objects.exclude(source_url="").filter(download=None).order_by("pk")
    while chunk := list(images[:_BATCH]):
        queue_downloads(chunk)
        number += len(chunk)
    return number


def retry_failed(downloads: QuerySet[ImageDownload] | None = None) -> int:
    """Make downloads that have failed due again, all or those given; return their number."""
    failed = ImageDownload.objects.filter(status=DownloadStatus.FAILED)
    if downloads is not None:
        failed = failed.filter(pk__in=downloads.order_by().values("pk"))
    return failed.restart(VALIDITY, enqueued_until=None)


def enqueue_due() -> int:
    """Enqueue a task for each download that is due; return their number."""
    ImageDownload.objects.give_up_late(DownloadStatus.FAILED, _TOO_LATE)
    due = ImageDownload.objects.due().order_by("next_attempt_at", "pk")
    return enqueue_each(due, _enqueue, lease=LEASE)


def _enqueue(pk: int) -> None:
    from catalog.images.tasks import download_image  # noqa: PLC0415 - it imports this module

    download_image.enqueue(pk)


def download(pk: int) -> None:
    """Download an image that is due, and store it or plan the next attempt."""
    if not ImageDownload.objects.filter(pk=pk).claim(LEASE):
        return
    row = ImageDownload.objects.get(pk=pk)
    mine = ImageDownload.objects.claimed_by(row)
    try:
        _store(row)
    except (_DownloadError, UrlRefused, ImageInvalid, ImageTooLarge) as error:
        mine.end(DownloadStatus.FAILED, _sentence(error))
    except (OutboundError, Unavailable) as error:
        if row.attempts >= MAX_ATTEMPTS:
            mine.end(DownloadStatus.FAILED, _sentence(error))
            return
        delay = back_off(row.attempts, first=_FIRST_DELAY, longest=_LONGEST_DELAY)
        mine.try_later(delay, _sentence(error), enqueued_until=None)
    else:
        mine.end(DownloadStatus.DONE)


def _store(row: ImageDownload) -> None:
    """Download an image and give its files to it. No transaction is open meanwhile."""
    response = send("GET", row.url, headers={"Accept": "image/*"}, limits=LIMITS)
    if response.status in _TEMPORARY or response.status >= _ERROR:
        raise OutboundError(f"The host responded with {response.status}.")
    if response.status != _OK:
        raise _DownloadError(f"The host responded with {response.status}.")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith(("text/", "application/json", "application/xml")):
        raise _DownloadError(f"The host responded with {kind[:50]}, which is no image.")
    with store_image(BytesIO(response.body)) as files:
        set_files(image_id=row.image_id, files=files)


def _sentence(error: Exception) -> str:
    return str(getattr(error, "facts", {}).get("reason") or error)[:200]
