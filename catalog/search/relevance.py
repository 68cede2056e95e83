"""The order of results: by text, then by sales, stock and age. All weights are in ``WEIGHTS``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import log1p

from catalog.indexing.text import fold, forms, is_unspaced, query_forms
from catalog.search.terms import Query, Term


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much. Points of a product are added up; a perfect text has 100."""

    text: float = 100
    """The terms of the search, on average, each times the weight of its field and of its form."""
    coverage: float = 25
    """The part of the name that was searched for."""
    phrase: float = 8
    """The terms follow each other in the name."""
    start: float = 6
    """The name begins with a term."""
    sold: float = 12
    """A thousand or more units sold in 90 days."""
    in_stock: float = 6
    recent: float = 3
    """Created today; less for each day, and nothing after a year."""

    keywords: float = 0.8
    """The field, compared with the name: brand, tags, SKUs and option values."""
    category: float = 0.6
    """The category, the categories above it, and attributes."""
    description: float = 0.2
    after_for: float = 0.6
    """Words after "for" in a name, which say what an accessory belongs to."""

    same_word: float = 1.0
    joined: float = 0.97
    same_stem: float = 0.92
    prefix: float = 0.7
    other: float = 0.6
    """Synonyms, compounds and corrections."""


WEIGHTS = Weights()
_MANY = log1p(1000)
_YEAR = 365
_FOR = frozenset({"for", "fur", "fuer", "pour", "with", "mit", "per", "para", "compatible"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the order depends on. ``words`` has lines with the words of three fields."""

    pk: int
    words: str
    sold: int
    in_stock: bool
    created_at: datetime


class Scorer:
    """Computes the points of candidates of one search."""

    def __init__(self, query: Query, now: datetime) -> None:
        self._terms = [_TermScorer(term) for term in query.terms]
        self._pairs = [one.term.folded + other.term.folded for one, other in pairwise(self._terms)]
        self._now = now

    def points(self, candidate: Candidate) -> float:
        """Return the points of a candidate."""
        w = WEIGHTS
        days = (self._now - candidate.created_at).total_seconds() / 86400
        return (
            self._text(candidate.words)
            + w.sold * min(1.0, log1p(max(candidate.sold, 0)) / _MANY)
            + w.in_stock * candidate.in_stock
            + w.recent * max(0.0, 1 - max(days, 0.0) / _YEAR)
        )

    def _text(self, words: str) -> float:
        name, keywords, category = (line.split(" ") for line in words.split("\n"))
        joined = _neighbours(name)
        end = next((place for place, word in enumerate(name) if word in _FOR and place), len(name))
        total, places = 0.0, []
        for number, scorer in enumerate(self._terms):
            best, place = self._in_name(number, scorer, name, joined)
            if best:
                places.append(place)
                total += best * (WEIGHTS.after_for if place > end else 1)
            elif best := scorer.best(keywords):
                total += best * WEIGHTS.keywords
            elif best := scorer.best(category):
                total += best * WEIGHTS.category
            else:
                total += WEIGHTS.description
        return total / len(self._terms) * WEIGHTS.text + _shape(places, name)

    def _in_name(
        self, number: int, scorer: "_TermScorer", name: list[str], joined: dict[str, int]
    ) -> tuple[float, int]:
        best, place = scorer.best_place(name)
        if best < WEIGHTS.joined:
            for pair in self._pairs[max(number - 1, 0) : number + 1]:
                if pair in name:
                    return WEIGHTS.joined, name.index(pair)
            if scorer.term.folded in joined:
                return WEIGHTS.joined, joined[scorer.term.folded]
        return best, place


def _neighbours(words: list[str]) -> dict[str, int]:
    """Return each pair of neighbours as one word, with the place of the first one."""
    return {words[n] + words[n + 1]: n for n in range(len(words) - 2, -1, -1)}


def _shape(places: Sequence[int], name: Sequence[str]) -> float:
    """Return the points for where the terms are in the name."""
    if not places:
        return 0.0
    points = WEIGHTS.coverage * len(set(places)) / len(name)
    if min(places) == 0:
        points += WEIGHTS.start
    if len(places) > 1:
        steps = sum(b - a == 1 for a, b in pairwise(places))
        points += WEIGHTS.phrase * steps / (len(places) - 1)
    return points


class _TermScorer:
    """Compares one term with words."""

    def __init__(self, term: Term) -> None:
        self.term = term
        words = [*term.words, term.whole] if term.words else [term.whole]
        self._same = {fold(word) for word in words}
        if term.quantity:
            self._same.add(term.quantity)
        self._stems = {form for word in words for form in query_forms(word)}
        self._prefix = term.folded if term.is_last and len(term.folded) > 1 else ""
        self._others = {word for other in term.others for word in other.split()} | {
            word for phrase in term.phrases for word in phrase
        }
        self._inside = term.folded if is_unspaced(term.folded) else ""

    def best(self, words: Sequence[str]) -> float:
        """Return the best weight of a form of the term among words."""
        return self.best_place(words)[0]

    def best_place(self, words: Sequence[str]) -> tuple[float, int]:
        """Return the best weight of a form of the term, and its place."""
        best, at = 0.0, 0
        for place, word in enumerate(words):
            weight = self._weight(word)
            if weight > best:
                best, at = weight, place
        return best, at

    def _weight(self, word: str) -> float:
        if word in self._same:
            return WEIGHTS.same_word
        if not self._stems.isdisjoint(forms(word)):
            return WEIGHTS.same_stem
        if self._prefix and word.startswith(self._prefix):
            return WEIGHTS.prefix + 0.2 * len(self._prefix) / len(word)
        if self._inside and (self._inside in word or word in self._inside) and word:
            return WEIGHTS.prefix
        return WEIGHTS.other if word in self._others else 0.0
