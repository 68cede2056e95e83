"""Finds out in which encoding a text file is, and checks the whole file, in constant memory."""

import re
from codecs import getincrementaldecoder, lookup
from typing import BinaryIO

from catalog.exchange.imports.rows import FileError

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 without a byte order mark",
    "utf-16-be": "UTF-16 without a byte order mark, big-endian",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "iso-8859-15": "ISO 8859-15",
    "mac-roman": "Mac Roman",
    "cp932": "Shift JIS",
    "gb18030": "GB 18030",
}
"""The encodings that can be chosen, with their titles. Others that Python knows work, too."""

_CHUNK = 1024 * 1024
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NUL_SHARE = 0.3
"""The share of NUL bytes at even or odd places from which on a text is UTF-16."""
# Western words have single letters beyond ASCII, those of other scripts consist of them.
_WORD_OF_OTHER_SCRIPT = re.compile(rb"[\xc0-\xff]{3,}")
_LETTER = re.compile(rb"[\xc0-\xff]")
# Letters of Central Europe in words, which are other signs or nothing in Windows-1252: ł ą ż ť Ź.
_CENTRAL_EUROPEAN = re.compile(rb"[A-Za-z][\xb3\xb9\xbf\xbe\xbc][a-z]|\xaf[a-z]|[\x8d\x8f\x9d]")
_EURO = b"\xa4"
"""The euro of ISO 8859-15. In Windows-1252 it is the currency sign, which texts do not contain."""
_OF_WINDOWS = re.compile(rb"[\x80-\x9f]")


def title_of(encoding: str) -> str:
    """Return the name of an encoding for people."""
    return ENCODINGS.get(encoding, encoding)


def find_encoding(file: BinaryIO, chosen: str = "") -> str:
    """Return the encoding that was chosen, or else detected.

    Raises FileError if the file is not in this encoding, or contains a NUL character.
    """
    if chosen:
        _check(file, _known(chosen))
        return _known(chosen)
    head = _head(file)
    if head.startswith(_UTF_16):
        return _check(file, "utf-16")
    if wide := _utf_16_without_mark(head):
        return _check(file, wide)
    try:
        return _check(file, "utf-8")
    except UnicodeFileError:
        return _check(file, _single_byte(file))


class UnicodeFileError(FileError):
    """The file is not in an encoding."""


def _known(name: str) -> str:
    try:
        return lookup(name).name if name not in ENCODINGS else name
    except LookupError:
        raise FileError(f"The encoding {name[:40]} is unknown.") from None


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(_CHUNK)


def _utf_16_without_mark(head: bytes) -> str:
    """Return the encoding of a text of which every other byte is NUL, or ""."""
    half = len(head) // 2 or 1
    if head[1::2].count(0) / half > _NUL_SHARE and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) / half > _NUL_SHARE and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def _single_byte(file: BinaryIO) -> str:
    """Guess between the most frequent encodings with one byte for each letter."""
    file.seek(0)
    words = letters = 0
    seen = dict.fromkeys(("line feed", "return", "central", "euro", "windows"), False)
    while chunk := file.read(_CHUNK):
        words += sum(map(len, _WORD_OF_OTHER_SCRIPT.findall(chunk)))
        letters += len(_LETTER.findall(chunk))
        seen["line feed"] |= b"\n" in chunk
        seen["return"] |= b"\r" in chunk
        seen["central"] |= bool(_CENTRAL_EUROPEAN.search(chunk))
        seen["euro"] |= _EURO in chunk
        seen["windows"] |= bool(_OF_WINDOWS.search(chunk))
    if seen["return"] and not seen["line feed"]:
        return "mac-roman"  # only programs of that time end lines so
    if 2 * words > letters:
        return "cp1251"
    if seen["central"]:
        return "cp1250"
    return "iso-8859-15" if seen["euro"] and not seen["windows"] else "cp1252"


def _check(file: BinaryIO, encoding: str) -> str:
    """Decode the whole file, and return the encoding."""
    if encoding == "utf-16" and not _head(file).startswith(_UTF_16):
        raise UnicodeFileError(f"The file is not {title_of(encoding)}.")
    file.seek(0)
    decoder, line = getincrementaldecoder(encoding)(), 1
    try:
        while chunk := file.read(_CHUNK):
            text = decoder.decode(chunk)
            if (at := text.find("\x00")) >= 0:
                reason = "The file contains a NUL character, so it is not a text file."
                raise FileError(reason, line=line + text[:at].count("\n"))
            line += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        bad = line + error.object[: error.start].count(b"\n")
        reason = f"The file is {title_of(encoding)}, but damaged here, or in another encoding."
        raise UnicodeFileError(
            f"{reason} Choose its encoding, or save it as UTF-8.", line=bad
        ) from None
    except UnicodeError:
        raise UnicodeFileError(f"The file is not {title_of(encoding)}.") from None
    return encoding
