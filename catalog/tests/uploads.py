"""Pictures for the tests of this folder, drawn as they are asked for."""

import struct
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(kind="PNG", size=(8, 6), mode="RGB", color=None, **how):
    """The bytes of a picture of one colour."""
    image = Image.new(mode, size, color) if color is not None else Image.new(mode, size)
    written = BytesIO()
    image.save(written, kind, **how)
    return written.getvalue()


def upload(content=None, name="pot.png", kind="image/png"):
    """A file of a form."""
    return SimpleUploadedFile(name, picture() if content is None else content, kind)


def announcing(width, height):
    """A PNG of a few bytes whose header announces so many pixels."""

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
    """The files that lie below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
