"""Opens a file to import, checks it, and detects its format.

The whole file is checked first, in constant memory. Texts that are damaged or contain NUL, and
workbooks that are too large when unpacked, are rejected.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import TextIOWrapper
from pathlib import Path
from typing import IO, BinaryIO, TextIO
from zipfile import BadZipFile, ZipFile

from catalog.exchange.imports.decimals import read_decimals
from catalog.exchange.imports.encodings import find_encoding
from catalog.exchange.imports.entities import decoded
from catalog.exchange.imports.json_file import read_json
from catalog.exchange.imports.readers import READERS, detect_format
from catalog.exchange.imports.reading import Choices, Reading
from catalog.exchange.imports.rows import FileError, Rows
from catalog.exchange.imports.sheets import read_xlsx
from catalog.exchange.imports.tables import Table, read_csv
from catalog.limits import MAX_FILE_BYTES, MAX_UNPACKED
from shop.core.slugs import fold_name

FORMATS = (*READERS, "json")

_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import. ``check`` returns it with its encoding if it can be read."""

    name: str
    file: BinaryIO
    size: int
    format: str = ""
    choices: Choices = field(default_factory=Choices)

    def fraction_read(self) -> float | None:
        """Return the fraction that has been read, or None if it is unknown, as for workbooks."""
        return None if _is_zip(self.file) else self.file.tell() / max(self.size, 1)


@contextmanager
def open_source(
    path: Path,
    format: str = "",  # noqa: A002 - the option's name
    choices: Choices | None = None,
) -> Iterator[Source]:
    """Open and check a file. Raises FileError, OSError."""
    with path.open("rb") as file:
        yield check(Source(path.name, file, path.stat().st_size, format, choices or Choices()))


def check(source: Source) -> Source:
    """Return the source if it can be read. Raises FileError."""
    if source.size > MAX_FILE_BYTES:
        raise FileError(f"The file has more than {MAX_FILE_BYTES:,} bytes. Please split it.")
    if source.size == 0:
        raise FileError("The file is empty.")
    if _is_zip(source.file):
        _check_workbook(source.file)
        return source
    encoding = find_encoding(source.file, source.choices.encoding)
    return replace(source, choices=replace(source.choices, encoding=encoding))


def read(source: Source, reading: Reading) -> Rows:
    """Yield the rows of a file of any format, from its start, and store how it is read.

    Raises FileError at any row.
    """
    with _opened(source, reading) as found:
        if isinstance(found, Table):
            table = _detect_in(found, source, reading)
            rows = READERS[reading.format].read(table, reading, source.choices)
            yield from rows if is_own(table.header) else map(decoded, rows)
        else:
            yield from read_json(found, reading.not_read)


def is_own(header: Sequence[str]) -> bool:
    """Return whether a table has been exported by a shop like this, whose names are as they are."""
    return "row" in map(fold_name, header)


@contextmanager
def open_table(source: Source, reading: Reading) -> Iterator[Table | None]:
    """Yield the table of a file, or None for JSON, and store how it is read. Raises FileError."""
    with _opened(source, reading) as found:
        yield _detect_in(found, source, reading) if isinstance(found, Table) else None


@contextmanager
def _opened(source: Source, reading: Reading) -> Iterator[Table | TextIO]:
    """Yield a table as it is in the file, or the text of JSON. The file is not closed."""
    source.file.seek(0)
    if _is_zip(source.file):
        if source.format == "json":
            raise FileError("The file is a workbook, not JSON.")
        yield read_xlsx(source.file)
        return
    reading.encoding = source.choices.encoding or "utf-8"
    encoding = "utf-8-sig" if reading.encoding == "utf-8" else reading.encoding
    text = TextIOWrapper(source.file, encoding=encoding, newline="")
    try:
        if source.format == "json" or (not source.format and _begins_like_json(source.file)):
            reading.format = "json"
            yield text
        else:
            table = read_csv(text, source.choices.delimiter)
            reading.delimiter = table.delimiter
            yield table
    finally:
        text.detach()  # so that the file is not closed


def _detect_in(table: Table, source: Source, reading: Reading) -> Table:
    """Return the table with decimal points, and store its format and its decimal mark."""
    choices = source.choices
    reading.format = source.format or detect_format(table.header, choices)
    is_number = READERS[reading.format].numbers(table.header, choices)
    table, reading.decimal = read_decimals(table, is_number, choices.decimal)
    return table


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
