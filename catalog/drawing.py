"""What becomes of an uploaded picture: two WebP files, drawn anew, that hold pixels alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import BoundedSemaphore
from typing import IO, NamedTuple

from PIL import Image, ImageCms
from PIL.Image import Transpose

from catalog.errors import PictureInvalid, PictureTooLarge
from shop.core.errors import Unavailable

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
"""Four bytes each while they are drawn, and as many again in what they are drawn from."""

LARGE = 1600
SMALL = 400
"""Pixels of the longer side; a picture that is smaller keeps its size."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_NO_PICTURE = "It is no JPEG, PNG, WebP or GIF, or it is damaged; export it anew."
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
# A picture of the largest kind takes some 300 MiB while it is drawn.
_seats = BoundedSemaphore(2)
_PATIENCE = 10.0


class Drawn(NamedTuple):
    """A picture in two sizes, as WebP."""

    large: bytes
    small: bytes


def draw(upload: IO[bytes]) -> Drawn:
    """Draw an upload of at most MAX_BYTES anew; two at once in a process, others wait.

    Raises PictureInvalid, PictureTooLarge, Unavailable after ten seconds' wait.
    """
    with _seat(), _refusing(), Image.open(upload, formats=_FORMATS) as picture:
        # The header alone is read yet: what it announces decides whether to go on.
        if picture.width * picture.height > MAX_PIXELS:
            raise PictureTooLarge(max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        large = _draw_large(picture)
        small = large.copy()
        small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
        return Drawn(_write(large), _write(small))


@contextmanager
def _seat() -> Iterator[None]:
    if not _seats.acquire(timeout=_PATIENCE):
        raise Unavailable
    try:
        yield
    finally:
        _seats.release()


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except PictureTooLarge:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureTooLarge(max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS) from None
    except Exception:  # noqa: BLE001 - of damaged files decoders raise whatever comes to hand
        raise PictureInvalid(field="image", reason=_NO_PICTURE) from None


def _draw_large(picture: Image.Image) -> Image.Image:
    """Return the picture upright, in sRGB, of the large size. Of an animation, its first frame."""
    picture.draft(None, (LARGE, LARGE))  # a JPEG need not be decoded in full
    picture.load()
    profile, orientation = picture.info.get("icc_profile"), _orientation(picture)
    large = _flatten(picture)
    large.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    large = _to_srgb(large, profile)
    turn = _TURNS.get(orientation)
    return large if turn is None else large.transpose(turn)


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a picture is more than the notes that came with it
        return 1


def _flatten(picture: Image.Image) -> Image.Image:
    """Return RGB, or RGBA where something shows through, of whatever mode."""
    if picture.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off at 255
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as a browser without its colour profile must have it."""
    if not profile:
        return picture
    try:
        theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, theirs, ImageCms.createProfile("sRGB"), outputMode=picture.mode
        )
    except (ImageCms.PyCMSError, OSError):  # a profile of CMYK or grey, or a damaged one
        return picture
    return converted or picture


def _write(picture: Image.Image) -> bytes:
    """Write pixels alone: no EXIF, no XMP, no profile."""
    picture.info.clear()
    written = BytesIO()
    picture.save(written, "WEBP", quality=82, exif=b"", xmp=b"", icc_profile=b"")
    return written.getvalue()
