"""Words of a full-text search: splitting, stemming, and correction of typing errors.

PostgreSQL has its own stemmer and an index for similar words. SQLite scans all rows and calls
``relevance_score`` for each of them. Both use ``closest_words`` to correct a word.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
# Endings of English words with their replacements, longest first. A stem must contain a vowel.
_ENDINGS = [
    ("iness", "i"),
    ("ingly", ""),
    ("edly", ""),
    ("ness", ""),
    ("sses", "ss"),
    ("ies", "i"),
    ("ing", ""),
    ("ed", ""),
    ("ly", ""),
    ("ss", "ss"),
    ("us", "us"),
    ("s", ""),
]
_VOWEL = re.compile("[aeiouy]")
STOP_WORDS = frozenset(
    (  # noqa: SIM905 - easier to read than a list
        "a about after all am an and any are as at be been before being both but by can did do "
        "does doing don down during each few for from further had has have having he her here "
        "hers him his how i if in into is it its just me more most my no nor not now of off on "
        "once only or other our ours out over own s same she should so some such t than that the "
        "their theirs them then there these they this those through to too under until up very "
        "was we were what when where which while who whom why will with you your yours "
    ).split()
)
# The weight of a word in a product's name, keywords and description, as A, B and C in PostgreSQL.
_WEIGHTS = (100, 40, 20)


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation and invisible characters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return _WORD.findall(visible)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the stem that the forms of an English word share."""
    for ending, replacement in _ENDINGS:
        if word.endswith(ending):
            rest = word.removesuffix(ending)
            if len(rest) > 1 and _VOWEL.search(rest):
                word = rest + replacement
                break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    word = word.removesuffix("e") if len(word) > 3 else word
    return f"{word[:-1]}i" if len(word) > 2 and word.endswith("y") else word


def allowed_typos(word: str) -> int:
    """Return how many typing errors are corrected in a word; none in short words and numbers."""
    if len(word) < 4 or any(c.isdigit() for c in word):
        return 0
    return 1 if len(word) < 6 else 2


def closest_words(word: str, candidates: Iterable[str]) -> list[str]:
    """Return at most five candidates with the smallest edit distance that is allowed."""
    limit = allowed_typos(word)
    by_distance: dict[int, list[str]] = {}
    for candidate in candidates:
        if limit and abs(len(candidate) - len(word)) <= limit:
            by_distance.setdefault(edit_distance(word, candidate), []).append(candidate)
    for distance in range(1, limit + 1):
        if distance in by_distance:
            return sorted(by_distance[distance])[:5]
    return []


def edit_distance(one: str, other: str) -> int:
    """Return the Damerau-Levenshtein distance: insertions, deletions, replacements and swaps."""
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def relevance_score(name: str, keywords: str, description: str, query: str) -> int:
    """Return the relevance of a product for a query, 0 if it lacks a word. SQLite's ``shop_score``.

    ``query`` has a line for each word, with the stems that match it, separated by spaces.
    """
    fields = [_stems(text) for text in (name, keywords, description)]
    total = 0
    for line in query.split("\n"):
        weights = _weights(fields, line.split(" "))
        best = max(weights, default=0)
        if not best:
            return 0
        total += best
    return total


def _stems(text: str | None) -> set[str]:
    return {stem(word) for word in words_of(text or "")}


def _weights(fields: Sequence[set[str]], stems: list[str]) -> Iterator[int]:
    for weight, field_stems in zip(_WEIGHTS, fields, strict=True):
        if not field_stems.isdisjoint(stems):
            yield weight
