"""Whether a secret can be guessed: published examples, and values with too little randomness."""

import gzip
import math
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.contrib.auth import password_validation

MAKE_ONE = '`python -c "import secrets; print(secrets.token_urlsafe(48))"`'
"""The command that prints a good secret."""

_LEAST_BITS = 70
_PUBLISHED = (
    "astringsecretatleast",
    "benchesonly",
    "changeit",
    "changeme",
    "changethis",
    "developmentonly",
    "djangoinsecure",
    "example",
    "insecure",
    "onlywhilethestaticfiles",
    "placeholder",
    "replaceme",
    "replacethis",
    "testsonly",
    "your256bitsecret",
    "yourownsecret",
    "yoursecret",
)
"""Parts of the examples in this repository, in Django's templates and in tutorials."""
_PUBLISHED_PASSWORDS = frozenset({"shop", "postgres", "password", "secret", "changeme", "…", "..."})
# At least four words or numbers with separators. The letters of a random value without digits are
# also between separators, but capital letters are anywhere in it.
_WORD = r"(?:[A-Z]?[a-z]+|[A-Z]+|\d+)"
_SENTENCE = re.compile(rf"{_WORD}(?:[-_ .]{_WORD}){{3,}}")
_SEPARATORS = str.maketrans("", "", "-_ .:/")
_STEPS = (-1, 0, 1)
_STRIDES = (1, 2, 3)
_SHORTEST, _LONGEST = 4, 12
"""Characters of a word, a repetition or a sequence that is recognized."""


def problems(secrets: Iterable[tuple[str, str]]) -> list[str]:
    """Return a sentence for each secret that can be guessed or is used twice.

    ``secrets`` are names of settings with their values. Empty values are skipped, since they are
    those of features that are not used. The sentences do not contain the values.
    """
    found, names = [], dict[str, str]()
    for name, value in secrets:
        if not value:
            continue
        if weakness := weakness_of(value):
            found.append(f"{name} {weakness}.")
        elif names.setdefault(value, name) != name:
            found.append(f"{name} equals {names[value]}: one leak would disclose both.")
    return found


def weakness_of(value: str) -> str:
    """Return why a value is no secret, as the end of a sentence, or "" if it is one."""
    plain = value.casefold().translate(_SEPARATORS)
    if any(part in plain for part in _PUBLISHED):
        return "is a published example"
    if _SENTENCE.fullmatch(value) or random_bits(value) < _LEAST_BITS:
        return "can be guessed, because it is short or consists of words, sequences or repetitions"
    return ""


def is_published_password(password: str) -> bool:
    """Return whether a database password is one that documentation and images use."""
    return password.casefold() in _PUBLISHED_PASSWORDS or bool(
        password and "is a published" in weakness_of(password)
    )


def random_bits(value: str) -> float:
    """Estimate the randomness of a value.

    Characters of common passwords, of sequences such as ``0123`` and of repeated parts do not
    count. Each of the others counts for as many bits as their number of different characters
    allows.
    """
    predictable = _of_words(value.casefold()) | _of_sequences(value) | _of_repetitions(value)
    rest = [character for place, character in enumerate(value) if place not in predictable]
    return len(rest) * math.log2(len(set(rest))) if rest else 0.0


def _of_words(text: str) -> set[int]:
    words = _common_passwords()
    return _places(
        (start, size)
        for size in range(_SHORTEST, _LONGEST + 1)
        for start in range(len(text) - size + 1)
        if text[start : start + size] in words
    )


def _of_sequences(text: str) -> set[int]:
    """Return the places of sequences such as ``0123``, also of those in ``a0b1c2d3``."""
    codes = list(map(ord, text))
    found: set[int] = set()
    for stride in _STRIDES:
        span = stride * (_SHORTEST - 1) + 1
        for start in range(len(codes) - span + 1):
            first, second, third, fourth = codes[start : start + span : stride]
            step = second - first
            if step in _STEPS and third - second == step and fourth - third == step:
                found.update(range(start, start + span, stride))
    return found


def _of_repetitions(text: str) -> set[int]:
    starts = range(len(text) - _SHORTEST + 1)
    return _places(
        (start, _SHORTEST) for start in starts if text.find(text[start : start + _SHORTEST]) < start
    )


def _places(parts: Iterable[tuple[int, int]]) -> set[int]:
    return {place for start, size in parts for place in range(start, start + size)}


@cache
def _common_passwords() -> frozenset[str]:
    """Return Django's list of 20,000 common passwords, without the short ones."""
    path = Path(password_validation.__file__).parent / "common-passwords.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return frozenset(word for line in lines if len(word := line.strip()) >= _SHORTEST)
