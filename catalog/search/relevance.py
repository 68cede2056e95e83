"""The order of results: by text, then by sales, stock and age. All weights are in ``WEIGHTS``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from math import log1p

from catalog.indexing.text import fold, forms, is_unspaced, query_forms
from catalog.indexing.units import UNIT_NAMES
from catalog.search.terms import Query, Term


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much. Points of a product are added up; a perfect text has 100."""

    text: float = 100
    """The terms of the search, on average, each times the weight of its field and of its form."""
    coverage: float = 25
    """The part of the name that was searched for. Its brand and quantities are not counted."""
    phrase: float = 8
    """The terms follow each other in the name."""
    start: float = 6
    """The name begins with a term, after its brand."""
    brand: float = 25
    """The search contains the whole brand and more, or the brand is a stop word."""
    code: float = 25
    """The search is a SKU or a barcode, or the beginning of one."""
    sold: float = 12
    """A thousand or more units sold in 90 days."""
    in_stock: float = 6
    recent: float = 3
    """Created today; less for each day, and nothing after a year."""

    keywords: float = 0.8
    """The field, compared with the name: tags, SKUs and option values. A brand has 1."""
    category: float = 0.6
    """The category, the categories above it, and attributes."""
    description: float = 0.2
    after_for: float = 0.6
    """Words after "for" in a name, which say what an accessory belongs to, if no other word of the
    search is before it."""

    same_word: float = 1.0
    joined: float = 0.97
    same_stem: float = 0.92
    prefix: float = 0.7
    other: float = 0.6
    """Synonyms, compounds and corrections."""
    part: float = 0.9
    """The words of a term in several places."""


WEIGHTS = Weights()
_MANY = log1p(1000)
_YEAR = 365
_FOR = frozenset({"for", "fur", "fuer", "pour", "with", "mit", "per", "para", "compatible"})
_CODE = 4
"""Characters from which on a search with a digit may be a SKU."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the order depends on. ``words`` has lines with the words of three fields."""

    pk: int
    words: str
    brand: str
    sold: int
    in_stock: bool
    created_at: datetime


class Scorer:
    """Computes the points of candidates of one search."""

    def __init__(self, query: Query, now: datetime) -> None:
        self._terms = [_TermScorer(term) for term in query.terms]
        self._pairs = [one.term.folded + other.term.folded for one, other in pairwise(self._terms)]
        self._written = " ".join(query.words)
        self._uses_brands = len(query.words) > 1 or query.names_only
        code = "".join(query.words)
        self._code = code if len(code) >= _CODE and any(c.isdigit() for c in code) else ""
        self._now = now

    def points(self, candidate: Candidate) -> float:
        """Return the points of a candidate."""
        w = WEIGHTS
        days = (self._now - candidate.created_at).total_seconds() / 86400
        return (
            self._text(candidate)
            + w.sold * min(1.0, log1p(max(candidate.sold, 0)) / _MANY)
            + w.in_stock * candidate.in_stock
            + w.recent * max(0.0, 1 - max(days, 0.0) / _YEAR)
        )

    def _text(self, candidate: Candidate) -> float:
        name, keywords, category = (line.split(" ") for line in candidate.words.split("\n"))
        brand = _brand(candidate.brand, keywords)
        in_name = [self._in_name(number, name) for number in range(len(self._terms))]
        places = [place for best, place in in_name if best]
        end = next((place for place, word in enumerate(name) if word in _FOR and place), len(name))
        after_for = WEIGHTS.after_for if places and min(places) > end else 1
        total = 0.0
        for scorer, (best, _place) in zip(self._terms, in_name, strict=True):
            if best:
                total += best * after_for
            elif best := scorer.best(brand):
                total += best
            elif best := scorer.best(keywords):
                total += best * WEIGHTS.keywords
            elif best := scorer.best(category):
                total += best * WEIGHTS.category
            else:
                total += WEIGHTS.description
        points = total / len(self._terms) * WEIGHTS.text + _shape(places, name, brand)
        if self._uses_brands and brand and f" {' '.join(brand)} " in f" {self._written} ":
            points += WEIGHTS.brand
        if self._code and _find_run(keywords, self._code, is_beginning=True)[0]:
            points += WEIGHTS.code
        return points

    def _in_name(self, number: int, name: list[str]) -> tuple[float, int]:
        """Return the best weight of a term in a name, and its place."""
        scorer = self._terms[number]
        best, place = scorer.best_place(name)
        if best < WEIGHTS.joined:
            for pair in self._pairs[max(number - 1, 0) : number + 1]:
                if pair in name:
                    return WEIGHTS.joined, name.index(pair)
        return best, place


def _brand(brand: str, keywords: Sequence[str]) -> Sequence[str]:
    """Return the words of a brand, with which the keywords begin."""
    letters = len("".join(filter(str.isalnum, fold(brand))))
    for number, word in enumerate(keywords):
        if letters <= 0:
            return keywords[:number]
        letters -= len(word)
    return keywords if letters <= 0 and brand else []


def _find_run(
    words: Sequence[str], wanted: str, *, is_beginning: bool = False
) -> tuple[float, int]:
    """Return whether neighbours written as one are a word, or begin with it, and their place."""
    for place, word in enumerate(words):
        if not wanted.startswith(word) and not (is_beginning and word.startswith(wanted)):
            continue
        text, end = word, place + 1
        while len(text) < len(wanted) and end < len(words) and wanted.startswith(text):
            text += words[end]
            end += 1
        if text == wanted:
            return WEIGHTS.joined, place
        if is_beginning and text.startswith(wanted):
            return WEIGHTS.prefix, place
    return 0.0, 0


def _shape(places: Sequence[int], name: Sequence[str], brand: Sequence[str]) -> float:
    """Return the points for where the terms are in the name."""
    if not places:
        return 0.0
    found = set(places)
    counted = [n for n in range(len(name)) if n in found or not _is_detail(name, n, brand)]
    points = WEIGHTS.coverage * len(found) / len(counted)
    if min(places) == counted[0]:
        points += WEIGHTS.start
    if len(places) > 1:
        steps = sum(b - a == 1 for a, b in pairwise(places))
        points += WEIGHTS.phrase * steps / (len(places) - 1)
    return points


def _is_detail(name: Sequence[str], place: int, brand: Sequence[str]) -> bool:
    """Return whether a word of a name is of the brand or of a quantity, such as 500 or ml."""
    word = name[place]
    if word in brand:
        return True
    if word.isdigit():
        return place + 1 < len(name) and name[place + 1] in UNIT_NAMES
    return word in UNIT_NAMES and place > 0 and name[place - 1].isdigit()


class _TermScorer:
    """Compares one term with words."""

    def __init__(self, term: Term) -> None:
        self.term = term
        words = [term.whole, *(term.words if len(term.words) == 1 else ())]
        self._same = {*map(fold, words), *term.amounts}
        self._stems = {form for word in words for form in query_forms(word)}
        self._prefix = term.folded if term.is_last and len(term.folded) > 1 else ""
        self._others = {word for other in term.others for word in other.split()} | {
            word for phrase in term.phrases for word in phrase
        }
        self._inside = term.folded if is_unspaced(term.folded) else ""
        self._weights: dict[str, float] = {}

    @cached_property
    def _parts(self) -> "list[_TermScorer]":
        words = self.term.words if len(self.term.words) > 1 else []
        last = self.term.is_last
        return [
            _TermScorer(Term(word, [word], is_last=last and word is words[-1])) for word in words
        ]

    def best(self, words: Sequence[str]) -> float:
        """Return the best weight of a form of the term among words."""
        return self.best_place(words)[0]

    def best_place(self, words: Sequence[str]) -> tuple[float, int]:
        """Return the best weight of a form of the term, and its place."""
        best, at = 0.0, 0
        known = self._weights
        for place, word in enumerate(words):
            weight = known.get(word)
            if weight is None:
                weight = known[word] = self._weight(word)
            if weight > best:
                best, at = weight, place
        if best < WEIGHTS.joined:
            run = _find_run(words, self.term.folded, is_beginning=bool(self._prefix))
            best, at = max((best, at), run, key=lambda found: found[0])
        if best < WEIGHTS.part and self._parts:
            found = [part.best_place(words) for part in self._parts]
            weight = WEIGHTS.part * sum(weight for weight, _ in found) / len(found)
            if weight > best:
                return weight, max(found)[1]
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
