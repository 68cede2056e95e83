"""Converts an uploaded image to WebP files in four sizes without metadata.

``python -m catalog.images.processing`` converts a large image, of ``shop.core.conversions``.
"""

import struct
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import BoundedSemaphore
from typing import IO, NamedTuple

from django.utils.translation import gettext_lazy as _
from pi_heif import register_heif_opener
from PIL import Image, ImageCms, PngImagePlugin
from PIL.Image import Transpose

from catalog.images.errors import ImageInvalid, ImageTooLarge, image_too_large
from catalog.images.sizes import LARGE, SIZES
from catalog.limits import MAX_IMAGE_PIXELS, MAX_IMAGE_SIDE
from shop.core.conversions import ConversionError, converted, limit_process
from shop.core.errors import Unavailable

_PLACEHOLDER = 16
"""Pixels of the longer side of the image in a placeholder, which has about 300 characters."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")
_UNREADABLE = _("The file is not a JPEG, PNG, WebP, AVIF, HEIC or GIF, or it is damaged.")
_ORIENTATION = 0x0112
# Only the image itself is decoded, by one thread. Its limits of memory stay in force.
register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
# EXIF 2.3, table 6: the orientation of the camera.
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
# An image of the maximum size needs about 400 MiB of memory, one with so many pixels about 10 MiB.
_MAX_PIXELS_IN_WORKER = 1_000_000
_slots = BoundedSemaphore(1)
_SLOT_TIMEOUT = 10.0
_HEADER = struct.Struct(">6I")
# Texts in PNG files are decompressed, and discarded.
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024


class ProcessedImage(NamedTuple):
    """The contents of the WebP files, in the order of SIZES, and what pages need before them.

    ``width`` and ``height`` are the pixels of the largest one; ``placeholder`` is a data URI.
    """

    files: tuple[bytes, ...]
    width: int
    height: int
    placeholder: str


def process_image(upload: IO[bytes]) -> ProcessedImage:
    """Process an upload of at most MAX_IMAGE_BYTES.

    A worker handles one small image at a time, and the machine one large image or HEIC, whose
    decoder is the most complex one. Raises ImageInvalid, ImageTooLarge, and Unavailable after
    waiting ten seconds.
    """
    with _slot(), _translating_errors(), Image.open(upload, formats=_FORMATS) as image:
        # So far only the header has been read, so this check comes before any decoding.
        pixels = image.width * image.height
        if pixels > MAX_IMAGE_PIXELS or max(image.size) > MAX_IMAGE_SIDE:
            raise image_too_large()
        if pixels <= _MAX_PIXELS_IN_WORKER and image.format != "HEIF":
            return _process(image)
    try:
        with converted(__name__, upload) as output:
            *lengths, width, height = _HEADER.unpack(output.read(_HEADER.size))
            files = tuple(output.read(length) for length in lengths)
            return ProcessedImage(files, width, height, output.read().decode())
    except ConversionError:
        raise ImageInvalid(field="image", reason=_UNREADABLE) from None


def main() -> None:
    """Process the image in standard input; write its files, after their lengths."""
    limit_process()
    with Image.open(BytesIO(sys.stdin.buffer.read()), formats=_FORMATS) as image:
        made = _process(image)
    header = _HEADER.pack(*map(len, made.files), made.width, made.height)
    sys.stdout.buffer.write(header + b"".join(made.files) + made.placeholder.encode())


def _process(image: Image.Image) -> ProcessedImage:
    reduced = _process_large(image)
    width, height = reduced.size
    files = []
    for side in SIZES.values():
        reduced.thumbnail((side, side), Image.Resampling.LANCZOS)
        files.append(_write(reduced))
    reduced.thumbnail((_PLACEHOLDER, _PLACEHOLDER), Image.Resampling.LANCZOS)
    uri = f"data:image/webp;base64,{b64encode(_write(reduced)).decode()}"
    return ProcessedImage(tuple(files), width, height, uri)


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
        raise image_too_large() from None
    except Exception:  # noqa: BLE001 - decoders raise errors of any type for damaged files
        raise ImageInvalid(field="image", reason=_UNREADABLE) from None


def _process_large(image: Image.Image) -> Image.Image:
    """Return the image upright, in sRGB, in the large size. Use the first frame of an animation."""
    image.draft(None, (LARGE, LARGE))  # decodes a JPEG at a reduced size
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
    except Exception:  # noqa: BLE001 - damaged EXIF data must not prevent the upload
        return 1


def _flatten(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to RGB, or to RGBA if it has transparency."""
    if image.mode.startswith("I"):  # 16-bit greyscale, which convert() would clip at 255
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert from the colour profile of the image to sRGB, which browsers assume."""
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=image.mode
        )
    except (ImageCms.PyCMSError, OSError):  # the profile is for CMYK or greyscale, or is damaged
        return image
    return converted or image


def _write(image: Image.Image) -> bytes:
    """Encode as WebP without EXIF, XMP and colour profile."""
    image.info.clear()
    written = BytesIO()
    image.save(written, "WEBP", quality=82, exif=b"", xmp=b"", icc_profile=b"")
    return written.getvalue()


if __name__ == "__main__":
    main()
