"""Processes an uploaded image into two WebP files that hold nothing but pixels."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import BoundedSemaphore
from typing import IO, NamedTuple

from PIL import Image, ImageCms
from PIL.Image import Transpose

from catalog.images.errors import ImageInvalid, ImageTooLarge
from catalog.limits import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS
from shop.core.errors import Unavailable

LARGE = 1600
SMALL = 400
"""Pixels of the longer side; an image that is smaller keeps its size."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_UNREADABLE = "It is no JPEG, PNG, WebP or GIF, or it is damaged; export it anew."
_ORIENTATION = 0x0112
# EXIF 2.3, table 6: how the camera was held.
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
# An image of the largest size takes some 300 MiB while it is processed.
_slots = BoundedSemaphore(2)
_SLOT_TIMEOUT = 10.0


class ProcessedImage(NamedTuple):
    """An image in two sizes, as WebP."""

    large: bytes
    small: bytes


def process_image(upload: IO[bytes]) -> ProcessedImage:
    """Process an upload of at most MAX_IMAGE_BYTES; two at once in a process, others wait.

    Raises ImageInvalid, ImageTooLarge, Unavailable after ten seconds' wait.
    """
    with _slot(), _translating_errors(), Image.open(upload, formats=_FORMATS) as image:
        # The header alone is read yet: what it announces decides whether to go on.
        if image.width * image.height > MAX_IMAGE_PIXELS:
            raise ImageTooLarge(max_bytes=MAX_IMAGE_BYTES, max_pixels=MAX_IMAGE_PIXELS)
        large = _process_large(image)
        small = large.copy()
        small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
        return ProcessedImage(_write(large), _write(small))


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=_SLOT_TIMEOUT):
        raise Unavailable
    try:
        yield
    finally:
        _slots.release()


@contextmanager
def _translating_errors() -> Iterator[None]:
    try:
        yield
    except ImageTooLarge:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageTooLarge(max_bytes=MAX_IMAGE_BYTES, max_pixels=MAX_IMAGE_PIXELS) from None
    except Exception:  # noqa: BLE001 - of damaged files decoders raise whatever comes to hand
        raise ImageInvalid(field="image", reason=_UNREADABLE) from None


def _process_large(image: Image.Image) -> Image.Image:
    """Return the image upright, in sRGB, of the large size. Of an animation, its first frame."""
    image.draft(None, (LARGE, LARGE))  # a JPEG need not be decoded in full
    image.load()
    profile, orientation = image.info.get("icc_profile"), _orientation(image)
    large = _flatten(image)
    large.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    large = _to_srgb(large, profile)
    turn = _TURNS.get(orientation)
    return large if turn is None else large.transpose(turn)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - an image is more than the notes that came with it
        return 1


def _flatten(image: Image.Image) -> Image.Image:
    """Return RGB, or RGBA where something shows through, of whatever mode."""
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off at 255
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the image as a browser without its colour profile must have it."""
    if not profile:
        return image
    try:
        theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, theirs, ImageCms.createProfile("sRGB"), outputMode=image.mode
        )
    except (ImageCms.PyCMSError, OSError):  # a profile of CMYK or grey, or a damaged one
        return image
    return converted or image


def _write(image: Image.Image) -> bytes:
    """Write pixels alone: no EXIF, no XMP, no profile."""
    image.info.clear()
    written = BytesIO()
    image.save(written, "WEBP", quality=82, exif=b"", xmp=b"", icc_profile=b"")
    return written.getvalue()
