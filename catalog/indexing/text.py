"""Words of texts and of searches, and the forms in which they match each other.

Texts and searches are folded alike: lower case, without accents and invisible characters. Both
databases store and compare these words and no others.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from threading import local

import Stemmer
from django.conf import settings

MAX_WORD = 40
"""Characters of a word. Longer ones are truncated."""

_LANGUAGES = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian",
    "nb": "norwegian", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ŧ": "t"}
)
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
_INVISIBLE = frozenset({"Cf", "Cs"})
_TWO_LETTERS = re.compile("([aou])e")
_UMLAUT = re.compile(f"[{''.join(_UMLAUTS)}]")
_ACCENTS = re.compile("[\u0300-\u036f]+")
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff"
    "\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
)
"""Ranges of characters of scripts that are written without spaces."""
# Vowel signs of Indic scripts belong to words, although they are not letters.
_SIGNS = "\u0900-\u0dff\u3099\u309a"
_WORD = re.compile(rf"(?:[^\W_]|[{_SIGNS}{UNSPACED}])+")
_RUN = re.compile(rf"[{UNSPACED}]+|[^{UNSPACED}]+")
_UNSPACED_START = re.compile(f"[{UNSPACED}]")
_ALNUM = re.compile(r"[0-9]+|[^0-9]+")
_CAMEL = re.compile(r"(?<=[a-z][a-z])(?=[A-Z][a-z])")
_of_thread = local()
_CACHED = 5_000
"""Words whose forms are remembered, which take some 2 MiB."""
_BARCODE = 8
"""Digits from which on a number may be a barcode."""
_APOSTROPHES = re.compile("['’ʼ`´]")
_IRREGULAR = {
    "mice": "mouse", "men": "man", "women": "woman", "children": "child", "feet": "foot",
    "teeth": "tooth", "geese": "goose", "people": "person", "knives": "knife", "wives": "wife",
    "lives": "life", "leaves": "leaf", "halves": "half", "wolves": "wolf", "loaves": "loaf",
    "shelves": "shelf", "scarves": "scarf", "calves": "calf", "thieves": "thief", "dice": "die",
}  # fmt: skip


def plain(text: str) -> str:
    """Return a text in lower case, without invisible characters, but with its accents."""
    lower = unicodedata.normalize("NFKC", text).casefold()
    if lower.isascii():
        return lower
    kinds = ((c, unicodedata.category(c)) for c in lower)
    visible = "".join(" " if kind == "Cc" else c for c, kind in kinds if kind not in _INVISIBLE)
    return unicodedata.normalize("NFC", visible)


@lru_cache(maxsize=_CACHED)
def fold(text: str) -> str:
    """Return a text in lower case without accents."""
    if text.isascii():
        return text.casefold()
    letters = unicodedata.normalize("NFD", text.casefold().translate(_LETTERS))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", letters))


def chunks(text: str) -> Iterator[list[str]]:
    """Yield the words of each part of a text between spaces, in lower case and with accents."""
    return chunks_of(plain(text))


def chunks_of(plain_text: str) -> Iterator[list[str]]:
    """Yield the words of each part of a text that is ``plain`` already."""
    for part in _APOSTROPHES.sub("", plain_text).split():
        if part.isascii() and part.isalnum():
            yield [part[:MAX_WORD]]
        elif words := _WORD.findall(part):
            yield [word[:MAX_WORD] for word in words]


def camel_words(text: str) -> Iterator[str]:
    """Yield the parts of names such as OtterBox."""
    for word in _WORD.findall(text):
        parts = _CAMEL.split(word)
        if len(parts) > 1:
            yield from (fold(part) for part in parts)


@lru_cache(maxsize=_CACHED)
def forms(word: str) -> tuple[str, ...]:
    """Return the folded forms of a word: itself, with umlauts as two letters, and its stems.

    A barcode also has a form without leading zeros, since UPC and EAN differ by them.
    """
    if word.isdigit() and len(word) >= _BARCODE:
        return tuple(dict.fromkeys((word, word.lstrip("0"))))
    spellings = dict.fromkeys((fold(word), fold(_spell_umlauts(word))))
    found = dict(spellings)
    for spelling in spellings:
        if spelling.isalpha():
            found |= dict.fromkeys(_stems(spelling))
    return tuple(found)


@lru_cache(maxsize=20_000)
def query_forms(word: str) -> tuple[str, ...]:
    """Return the forms of a word of a search: also that of a text with umlauts."""
    found = dict.fromkeys(forms(word))
    if len(word) >= 5 and _TWO_LETTERS.search(word):
        found |= dict.fromkeys(forms(_TWO_LETTERS.sub(r"\1", fold(word))))
    return tuple(found)


def parts(word: str) -> list[str]:
    """Return the parts of a word of letters and digits, such as wh, 1000, xm and 4."""
    return _ALNUM.findall(word)


def is_unspaced(word: str) -> bool:
    """Return whether a word has characters of a script that is written without spaces."""
    return not word.isascii() and any(_is_unspaced(run) for run in runs(word))


def runs(word: str) -> list[str]:
    """Return the parts of a word of scripts with and without spaces."""
    return [word] if word.isascii() else _RUN.findall(word)


def pairs(run: str, step: int = 1) -> list[str]:
    """Return the pairs of neighbouring characters. With ``step`` 2, each character is in one."""
    if len(run) < 2:
        return [run]
    found = [run[start : start + 2] for start in range(0, len(run) - 1, step)]
    return found if step == 1 or len(run) % 2 == 0 else [*found, run[-2:]]


def unspaced_runs(word: str) -> list[str]:
    """Return the parts of a word of scripts that are written without spaces."""
    return [run for run in runs(word) if _is_unspaced(run)]


def _is_unspaced(run: str) -> bool:
    return _UNSPACED_START.match(run) is not None


def _spell_umlauts(word: str) -> str:
    return word if word.isascii() else _UMLAUT.sub(lambda found: _UMLAUTS[found[0]], word)


def _stems(word: str) -> list[str]:
    if len(word) < 3:
        return []
    word = _IRREGULAR.get(word, word)
    return [word, *(stemmer.stemWord(word) for stemmer in _stemmers())]


def _stemmers() -> list[Stemmer.Stemmer]:
    """Return the stemmers of the languages of texts and messages, of this thread only."""
    stemmers: list[Stemmer.Stemmer] | None = getattr(_of_thread, "stemmers", None)
    if stemmers is None:
        codes = {*dict(settings.LANGUAGES), *settings.SHOP_LANGUAGES}
        names = {_LANGUAGES.get(code.split("-")[0]) for code in codes}
        stemmers = [Stemmer.Stemmer(name) for name in sorted(filter(None, names))]
        _of_thread.stemmers = stemmers
    return stemmers
