"""Image files for tests."""

import struct
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(kind="PNG", size=(8, 6), mode="RGB", color=None, **how):
    """Return the bytes of an image in one colour."""
    image = Image.new(mode, size, color) if color is not None else Image.new(mode, size)
    written = BytesIO()
    image.save(written, kind, **how)
    return written.getvalue()


def upload(content=None, name="pot.png", kind="image/png"):
    """Return an uploaded file."""
    return SimpleUploadedFile(name, picture() if content is None else content, kind)


def announcing(width, height):
    """Return a small PNG whose header declares this size."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 100))
        + chunk(b"IEND", b"")
    )


def files_in(folder):
    """Return the files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
