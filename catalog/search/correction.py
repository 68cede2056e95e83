"""Other words for those of a search that finds nothing: compounds, corrections, or none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice
from operator import or_

from django.db import connection
from django.db.models import Q

from catalog.indexing.documents import plain_words
from catalog.indexing.models import IndexedWord
from catalog.indexing.text import is_unspaced
from catalog.search.matching import is_found
from catalog.search.terms import Query, Term
from catalog.search.words import allowed_typos, closest_words

_MAX_CANDIDATES = 3000
_MAX_COMPOUNDS = 30
_COMPOUND_END = 4
"""Letters from which on a word of a search is also the end of compounds."""
_FEWEST, _MOST = 3, 6
"""Words of a search of which one may be left out although some product has it."""
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Correction:
    """Another search, and its text for people, which is None if no word was replaced."""

    query: Query
    text: str | None


def alternatives(query: Query) -> Iterator[Correction]:
    """Yield what may be searched for instead of a search that finds nothing, the best first."""
    if add_parts_of_compounds(query):
        yield Correction(query, None)
    if corrected := correct(query):
        yield corrected
    yield from leave_out(query)


def add_compounds(query: Query) -> None:
    """Let the terms also match compounds that end with them. One statement, or none."""
    terms = [term for term in query.terms if _may_end_compound(term)]
    if not terms:
        return
    ends = {term.folded: term for term in terms}
    condition = reduce(or_, (_starts_with("backwards", end[::-1]) for end in ends))
    words = IndexedWord.objects.filter(condition).order_by("word").values_list("word", flat=True)
    found = {word for word in words[:_MAX_CANDIDATES] if word not in ends}
    begins = {begin for word in found for end in ends if (begin := _begin(word, end))}
    known = _known({spelling for begin in begins for spelling in (begin, begin[:-1])})
    for end, term in ends.items():
        compounds = [
            word
            for word in sorted(found)
            if (begin := _begin(word, end)) and {begin, begin[:-1]} & known
        ]
        term.others += compounds[:_MAX_COMPOUNDS]


def add_parts_of_compounds(query: Query) -> bool:
    """Let the terms also match any words that contain them. One statement, or none.

    One of the terms has to be the beginning or the end of such a word. Unlike ``add_compounds``,
    the rest of the word may be unknown. Returns whether there are such words.
    """
    terms = [term for term in query.terms if _may_end_compound(term)]
    if not terms:
        return False
    sides = [("word", term.folded) for term in terms]
    sides += [("backwards", term.folded[::-1]) for term in terms]
    condition = reduce(or_, (_starts_with(column, text) for column, text in sides))
    words = IndexedWord.objects.filter(condition).values_list("word", flat=True)
    found = sorted(words[:_MAX_CANDIDATES], key=lambda word: (len(word), word))
    before = [list(term.others) for term in terms]
    for term in terms:
        compounds = (word for word in found if term.folded in word and word != term.folded)
        term.others = list(dict.fromkeys((*term.others, *islice(compounds, _MAX_COMPOUNDS))))
    return [term.others for term in terms] != before


def correct(query: Query) -> Correction | None:
    """Correct a search that finds nothing. None if no word can be corrected.

    The terms that no product has are corrected, or left out if nothing is like them. If there is a
    product for each term, but none for all, each term is compared with words like it.
    """
    unknown = [
        term for term in query.terms if not term.is_stop_word and not is_found(term, query.language)
    ]
    suspects = unknown or [term for term in query.terms if not term.is_stop_word]
    corrections = {id(term): _correction(term) for term in suspects}
    terms, texts = [], []
    for term in query.terms:
        words = corrections.get(id(term), [])
        if words:
            terms.append(replace(term, others=[*term.others, *words]))
            texts.append(words[0] if term in unknown else term.text)
        elif term not in unknown:
            terms.append(term)
            texts.append(term.text)
    required = [term for term in terms if not term.is_stop_word]
    if not required or not (any(corrections.values()) or len(terms) < len(query.terms)):
        return None
    terms[-1].is_last = True
    return _correction_to(query, terms, " ".join(texts))


def leave_out(query: Query) -> Iterator[Correction]:
    """Yield the search without each one of its words, the shortest first, if it has three."""
    required = [term for term in query.terms if not term.is_stop_word]
    if _FEWEST <= len(required) <= _MOST:
        for left_out in sorted(required, key=lambda term: len(term.text)):
            terms = [term for term in query.terms if term is not left_out]
            yield _correction_to(query, terms, " ".join(term.text for term in terms))


def _correction_to(query: Query, terms: list[Term], text: str) -> Correction:
    """Return a search for other terms instead."""
    words = tuple(plain_words(text))
    return Correction(Query(terms, language=query.language, words=words), text)


def _may_end_compound(term: Term) -> bool:
    word = term.folded
    return len(word) >= _COMPOUND_END and word.isalpha() and not is_unspaced(word)


def _begin(word: str, end: str) -> str:
    """Return the part of a compound before its end, or "" if it is too short."""
    return word.removesuffix(end) if word.endswith(end) and len(word) > len(end) + 2 else ""


def _correction(term: Term) -> list[str]:
    """Return the words that replace a term, the best first. At most three statements."""
    word = term.folded
    if not word.isalpha() or is_unspaced(word):
        return []
    if split := _split(word):
        return [split]
    candidates = [*_candidates(word)]
    closest = closest_words(word, candidates)
    if not closest and term.is_last and len(word) >= _COMPOUND_END:
        begins = {candidate[: len(word)]: candidate for candidate in candidates}
        closest = [begins[begin] for begin in closest_words(word, begins)]
    return closest


def _split(word: str) -> str:
    """Return the two known words that a word consists of, with a space between them, or ""."""
    halves = [(word[:place], word[place:]) for place in range(3, len(word) - 2)]
    known = _known({half for pair in halves for half in pair})
    found = [f"{one} {other}" for one, other in halves if one in known and other in known]
    return max(found, key=lambda pair: min(map(len, pair.split())), default="")


def _candidates(word: str) -> Iterable[str]:
    """Return known words of about the same length that have the beginning or the end of a word.

    One typing error leaves one half of a word as it is, two errors mostly one third.
    """
    typos = allowed_typos(word)
    if not typos:
        return ()
    size = max(1, (len(word) - 1) // (typos + 1))
    ends = _starts_with("backwards", word[::-1][:size])
    words = IndexedWord.objects.filter(_starts_with("word", word[:size]) | ends)
    return words.values_list("word", flat=True)[:_MAX_CANDIDATES]


def _known(words: set[str]) -> set[str]:
    if not words:
        return set()
    found = IndexedWord.objects.filter(word__in=sorted(words))
    return set(found.values_list("word", flat=True))


def _starts_with(column: str, text: str) -> Q:
    """Return a condition for which both databases use the index of the column."""
    if connection.vendor == "postgresql":
        return Q((f"{column}__startswith", text))
    return Q((f"{column}__gte", text), (f"{column}__lt", text + _LAST))
