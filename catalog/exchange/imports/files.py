"""Opening what staff hand in: which format it is, and whether it can be read at all.

A file is looked through before a row of it is used, in a constant memory: what is no UTF-8 or holds
a NUL, and a workbook that unpacks to more than it may, is refused whole.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import BadZipFile, ZipFile

from catalog.exchange.imports.json_file import read_json
from catalog.exchange.imports.rows import FileRefused, Rows
from catalog.exchange.imports.shop import read_shop
from catalog.exchange.imports.shopify import is_shopify, read_shopify
from catalog.exchange.imports.tables import Table, read_csv
from catalog.exchange.imports.workbooks import read_xlsx
from catalog.limits import MAX_FILE_BYTES, MAX_UNPACKED

FORMATS = ("shopify", "shop", "json")

_CHUNK = 1024 * 1024
_ZIP = b"PK\x03\x04"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that has been looked through. It is read from its beginning each time it is asked."""

    name: str
    file: BinaryIO
    size: int
    format: str = ""

    def done(self) -> float | None:
        """Return which part has been read, or None where nobody knows: of a workbook."""
        return None if _is_zip(self.file) else self.file.tell() / max(self.size, 1)


@contextmanager
def open_source(path: Path, format: str = "") -> Iterator[Source]:  # noqa: A002 - the option's name
    """Open a file and look it through. Raises FileRefused, OSError."""
    with path.open("rb") as file:
        yield check(Source(path.name, file, path.stat().st_size, format))


def check(source: Source) -> Source:
    """Return the source if it can be read. Raises FileRefused."""
    if source.size > MAX_FILE_BYTES:
        raise FileRefused(f"It has over {MAX_FILE_BYTES:,} bytes: hand it in in parts.")
    if source.size == 0:
        raise FileRefused("The file is empty.")
    if _is_zip(source.file):
        _check_workbook(source.file)
    else:
        _check_text(source.file)
    return source


def read(source: Source) -> Rows:
    """Read the rows of a file, whatever its format. Raises FileRefused, also on the way."""
    source.file.seek(0)
    if _is_zip(source.file):
        if source.format == "json":
            raise FileRefused("This is a workbook, not JSON.")
        yield from _read_table(read_xlsx(source.file), source.format)
        return
    text = _Borrowed(source.file, encoding="utf-8-sig", newline="")
    try:
        if source.format == "json" or (not source.format and _begins_like_json(source.file)):
            yield from read_json(text)
        else:
            yield from _read_table(read_csv(text), source.format)
    finally:
        text.detach()


class _Borrowed(TextIOWrapper):
    """Text of a file that someone else will close."""


def _read_table(table: Table, format: str) -> Rows:  # noqa: A002 - as above
    wanted = format or ("shopify" if is_shopify(table.header) else "shop")
    return read_shopify(table) if wanted == "shopify" else read_shop(table)


def _is_zip(file: BinaryIO) -> bool:
    return _peek(file, len(_ZIP)) == _ZIP


def _begins_like_json(file: BinaryIO) -> bool:
    head = _peek(file, 1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    return head[:1] in {b"[", b"{"}


def _peek(file: IO[bytes], size: int) -> bytes:
    at = file.tell()
    file.seek(0)
    head = file.read(size)
    file.seek(at)
    return head


def _check_text(file: BinaryIO) -> None:
    file.seek(0)
    decoder, line = getincrementaldecoder("utf-8")(), 1
    while chunk := file.read(_CHUNK):
        if line == 1 and chunk.startswith(_UTF_16):
            raise FileRefused("It is UTF-16: save it as UTF-8.")
        if (at := chunk.find(b"\x00")) >= 0:
            raise FileRefused(
                "It holds a NUL: that is no text.", line=line + chunk[:at].count(b"\n")
            )
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            bad = line + error.object[: error.start].count(b"\n")
            raise FileRefused("It is not UTF-8: save it as UTF-8.", line=bad) from None
        line += chunk.count(b"\n")


def _check_workbook(file: BinaryIO) -> None:
    """Refuse what unpacks to too much; zipfile reads no more of a part than its entry declares."""
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
    except BadZipFile:
        raise FileRefused("It begins like a workbook and is none.") from None
    sheets = sum(p.file_size for p in parts if p.filename.startswith("xl/worksheets/"))
    rest = sum(p.file_size for p in parts) - sheets
    if sheets > MAX_UNPACKED or rest > MAX_UNPACKED // 8:
        raise FileRefused("The workbook unpacks to too much: save it as CSV.")
