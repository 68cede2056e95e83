"""Opens a file to import, checks it, and detects its format.

The whole file is checked first, in constant memory. Files that are not UTF-8 or contain NUL, and
workbooks that are too large when unpacked, are rejected.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import BadZipFile, ZipFile

from catalog.exchange.imports.columns import NotRead
from catalog.exchange.imports.json_file import read_json
from catalog.exchange.imports.rows import FileError, Rows
from catalog.exchange.imports.sheets import read_xlsx
from catalog.exchange.imports.shop import read_shop
from catalog.exchange.imports.shopify import is_shopify, read_shopify
from catalog.exchange.imports.tables import Table, read_csv
from catalog.limits import MAX_FILE_BYTES, MAX_UNPACKED

FORMATS = ("shopify", "shop", "json")

_CHUNK = 1024 * 1024
_ZIP = b"PK\x03\x04"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import. ``check`` returns it if it can be read."""

    name: str
    file: BinaryIO
    size: int
    format: str = ""

    def fraction_read(self) -> float | None:
        """Return the fraction that has been read, or None if it is unknown, as for workbooks."""
        return None if _is_zip(self.file) else self.file.tell() / max(self.size, 1)


@contextmanager
def open_source(path: Path, format: str = "") -> Iterator[Source]:  # noqa: A002 - the option's name
    """Open and check a file. Raises FileError, OSError."""
    with path.open("rb") as file:
        yield check(Source(path.name, file, path.stat().st_size, format))


def check(source: Source) -> Source:
    """Return the source if it can be read. Raises FileError."""
    if source.size > MAX_FILE_BYTES:
        raise FileError(f"The file has more than {MAX_FILE_BYTES:,} bytes. Please split it.")
    if source.size == 0:
        raise FileError("The file is empty.")
    if _is_zip(source.file):
        _check_workbook(source.file)
    else:
        _check_text(source.file)
    return source


def read(source: Source, not_read: NotRead) -> Rows:
    """Yield the rows of a file of any format, from its start, and count what is not read.

    Raises FileError at any row.
    """
    source.file.seek(0)
    if _is_zip(source.file):
        if source.format == "json":
            raise FileError("The file is a workbook, not JSON.")
        yield from _read_table(read_xlsx(source.file), source.format, not_read)
        return
    text = TextIOWrapper(source.file, encoding="utf-8-sig", newline="")
    try:
        if source.format == "json" or (not source.format and _begins_like_json(source.file)):
            yield from read_json(text, not_read)
        else:
            yield from _read_table(read_csv(text), source.format, not_read)
    finally:
        text.detach()  # so that the file is not closed


def _read_table(table: Table, format: str, not_read: NotRead) -> Rows:  # noqa: A002 - as above
    format = format or ("shopify" if is_shopify(table.header) else "shop")  # noqa: A001
    return (read_shopify if format == "shopify" else read_shop)(table, not_read)


def _is_zip(file: BinaryIO) -> bool:
    return _peek(file, len(_ZIP)) == _ZIP


def _begins_like_json(file: BinaryIO) -> bool:
    head = _peek(file, 1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    return head[:1] in {b"[", b"{"}


def _peek(file: IO[bytes], size: int) -> bytes:
    position = file.tell()
    file.seek(0)
    head = file.read(size)
    file.seek(position)
    return head


def _check_text(file: BinaryIO) -> None:
    file.seek(0)
    decoder, line = getincrementaldecoder("utf-8")(), 1
    while chunk := file.read(_CHUNK):
        if line == 1 and chunk.startswith(_UTF_16):
            raise FileError("The file is UTF-16. Please save it as UTF-8.")
        if (at := chunk.find(b"\x00")) >= 0:
            reason = "The file contains a NUL character, so it is not a text file."
            raise FileError(reason, line=line + chunk[:at].count(b"\n"))
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            bad = line + error.object[: error.start].count(b"\n")
            raise FileError("The file is not UTF-8. Please save it as UTF-8.", line=bad) from None
        line += chunk.count(b"\n")


def _check_workbook(file: BinaryIO) -> None:
    """Check the unpacked size. zipfile never reads more of a part than its entry declares."""
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
    except BadZipFile:
        raise FileError("The file is a damaged workbook.") from None
    sheets = sum(p.file_size for p in parts if p.filename.startswith("xl/worksheets/"))
    rest = sum(p.file_size for p in parts) - sheets
    if sheets > MAX_UNPACKED or rest > MAX_UNPACKED // 8:
        raise FileError("The unpacked workbook is too large. Please save it as CSV.")
