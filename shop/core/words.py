"""Words as a search reads them: cut from a text, without their endings, or nearly the same.

PostgreSQL has its own word forms and finds similar words by an index; SQLite scans, and calls
``score`` for each row. Which of them a reader may have meant, ``nearest`` says for both.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
# Endings of English words, longest first, with what stands for them; a stem keeps a vowel.
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
    (  # noqa: SIM905 - read as prose
        "a about after all am an and any are as at be been before being both but by can did do "
        "does doing don down during each few for from further had has have having he her here "
        "hers him his how i if in into is it its just me more most my no nor not now of off on "
        "once only or other our ours out over own s same she should so some such t than that the "
        "their theirs them then there these they this those through to too under until up very "
        "was we were what when where which while who whom why will with you your yours "
    ).split()
)
# How much a word weighs in a product's name, keywords and description: as PostgreSQL's A, B, C.
_WEIGHTS = (100, 40, 20)


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: no case, no hidden characters, no signs."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    shown = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return _WORD.findall(shown)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return what the forms of an English word have in common."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            rest = word.removesuffix(ending)
            if len(rest) > 1 and _VOWEL.search(rest):
                word = rest + instead
                break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    word = word.removesuffix("e") if len(word) > 3 else word
    return f"{word[:-1]}i" if len(word) > 2 and word.endswith("y") else word


def mistakes_forgiven(word: str) -> int:
    """Return how many letters of a word may be wrong; none where a digit means something else."""
    if len(word) < 4 or any(c.isdigit() for c in word):
        return 0
    return 1 if len(word) < 6 else 2


def nearest(word: str, candidates: Iterable[str]) -> list[str]:
    """Return the candidates, five at most, that ``word`` is most likely a misspelling of."""
    limit = mistakes_forgiven(word)
    near: dict[int, list[str]] = {}
    for candidate in candidates:
        if limit and abs(len(candidate) - len(word)) <= limit:
            near.setdefault(distance(word, candidate), []).append(candidate)
    for mistakes in range(1, limit + 1):
        if mistakes in near:
            return sorted(near[mistakes])[:5]
    return []


def distance(one: str, other: str) -> int:
    """Count the letters to add, drop, replace, or swap with their neighbour (Damerau)."""
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


def score(name: str, keywords: str, description: str, query: str) -> int:
    """Weigh a product for a query; 0 where a word of it is nowhere. SQLite's ``shop_score``.

    ``query`` has a line for each word, with the stems that stand for it, by spaces.
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
    for weight, found in zip(_WEIGHTS, fields, strict=True):
        if not found.isdisjoint(stems):
            yield weight
