"""What people search for, as an expression that both databases can evaluate.

Each term of a search has alternatives: its forms, its neighbours written as one word, its parts,
synonyms, compounds that end with it, and corrections. A product must have one of each term.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.indexing.text import (
    chunks,
    fold,
    forms,
    is_unspaced,
    pairs,
    parts,
    plain,
    query_forms,
    runs,
    unspaced_runs,
)
from catalog.indexing.units import (
    DIMENSIONS,
    QUANTITY,
    amount,
    dimensions,
    dimensions_word,
    quantity_words,
)
from catalog.limits import MAX_SEARCH_WORDS

STOP_WORDS = frozenset(
    (  # noqa: SIM905 - easier to read than a list
        "a about after all am an and any are as at be been before being but by can did do does for "
        "from had has have he her here him his how i if in into is it its just me more most my no "
        "not now of off on once only or other our out over own s same she so some such t than that "
        "the their them then there these they this those to too under until up very was we were "
        "what when where which while who whom why will with you your "
        "aber als am auch auf aus bei bin das dem den der des die du ein eine einem einen einer es "
        "fur hat ich ihr im ist mit nach nicht noch oder sein sich sie sind und uns vom von vor "
        "war was wer wie wir zu zum zur"
    ).split()
)
_PREFIX = 2
"""Letters from which on the last word of a search may be the beginning of a word."""
_JOINED = 4
"""Terms that are also searched for as one word."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the index, or the beginning of one."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """A product must match each part."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A product must match one of the parts."""

    parts: "tuple[Node, ...]"


Node = Word | All | OneOf


@dataclass(slots=True)
class Term:
    """A part of a search between two spaces, a quantity, or dimensions.

    ``text`` is what was written, ``words`` its words in lower case. ``amounts`` are the words of a
    quantity or of dimensions. ``phrases`` are synonyms, and ``others`` compounds and corrections,
    in which a space separates words.
    """

    text: str
    words: list[str]
    is_last: bool = False
    amounts: tuple[str, ...] = ()
    phrases: list[tuple[str, ...]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def whole(self) -> str:
        """The term as one word."""
        return "".join(self.words)

    @property
    def folded(self) -> str:
        """The term as one folded word."""
        return fold(self.whole)

    @property
    def is_stop_word(self) -> bool:
        """Whether the term is too frequent to be required."""
        return self.folded in STOP_WORDS


@dataclass(slots=True)
class Query:
    """A search. ``names_only`` excludes what only descriptions and categories contain.

    ``words`` are its folded words as they were written, also repeated ones.
    Texts of the shop's own language are searched, and translations to ``language`` unless it is "".
    """

    terms: list[Term]
    names_only: bool = False
    language: str = ""
    words: tuple[str, ...] = ()

    @property
    def languages(self) -> list[str]:
        """The languages of the rows of the index that are searched."""
        return [*dict.fromkeys(("", self.language))]

    def node(self) -> Node | None:
        """Return what a product must match. None finds nothing."""
        required = [
            (number, term)
            for number, term in enumerate(self.terms)
            if self.names_only or not term.is_stop_word
        ]
        if not required:
            return None
        node: Node = All(
            tuple(OneOf(tuple(self._alternatives(number, term))) for number, term in required)
        )
        if 1 < len(self.terms) <= _JOINED:
            whole = "".join(term.whole for term in self.terms)
            node = OneOf((node, *_word(whole, is_last=True)))
        return node

    def _alternatives(self, number: int, term: Term) -> Iterator[Node]:
        yield from node_of(term, prefix=term.is_last and not self.names_only)
        for first in {max(number - 1, 0), number}:
            neighbours = self.terms[first : first + 2]
            if len(neighbours) == 2:
                yield from _word("".join(one.whole for one in neighbours), neighbours[1].is_last)


def read_terms(text: str) -> Query:
    """Read a search without a statement."""
    found = list(_read_dimensions(plain(text)))
    terms = list({(term.text, term.amounts): term for term in found}.values())[:MAX_SEARCH_WORDS]
    if terms:
        terms[-1].is_last = True
    words = tuple(fold(word) for term in found for word in term.words)
    return Query(terms, names_only=all(term.is_stop_word for term in terms), words=words)


def _read_dimensions(text: str) -> Iterator[Term]:
    end = 0
    for found in DIMENSIONS.finditer(text):
        yield from _read_quantities(text[end : found.start()])
        yield Term(found[0].strip(), dimensions(found), amounts=(dimensions_word(found),))
        end = found.end()
    yield from _read_quantities(text[end:])


def _read_quantities(text: str) -> Iterator[Term]:
    end = 0
    for found in QUANTITY.finditer(text):
        yield from _terms(text[end : found.start()])
        yield Term(found[0].strip(), amount(found), amounts=quantity_words(found))
        end = found.end()
    yield from _terms(text[end:])


def add_synonyms(
    query: Query, synonyms: Mapping[tuple[str, ...], Iterable[tuple[str, ...]]]
) -> None:
    """Let the terms also match their synonyms, which are tuples of folded words."""
    folded = [term.folded for term in query.terms]
    for start in range(len(folded)):
        for end in range(start + 1, min(start + 3, len(folded)) + 1):
            for phrase in synonyms.get(tuple(folded[start:end]), ()):
                for term in query.terms[start:end]:
                    term.phrases.append(phrase)


def node_of(term: Term, *, prefix: bool) -> Iterator[Node]:
    """Yield the alternatives of a term by itself."""
    for word in term.amounts:
        yield Word(word, is_prefix=prefix and "x" in word)
    if len(term.words) > 1:
        yield All(tuple(OneOf(tuple(_word(word, is_last=False))) for word in term.words))
    yield from _word(term.whole, is_last=prefix)
    for phrase in term.phrases:
        yield All(tuple(OneOf(tuple(_word(word, is_last=False))) for word in phrase))
    for other in term.others:
        yield All(tuple(map(Word, other.split())))


def to_postgresql(node: Node, weights: str = "") -> str:
    """Return a ``tsquery``. ``weights`` limits the fields."""
    if isinstance(node, Word):
        label = ("*" if node.is_prefix else "") + weights
        return f"'{node.text}'" + (f":{label}" if label else "")
    sign = " & " if isinstance(node, All) else " | "
    return f"({sign.join(to_postgresql(part, weights) for part in node.parts)})"


def to_sqlite(node: Node) -> str:
    """Return a query of FTS5."""
    if isinstance(node, Word):
        return f'"{node.text}"' + (" *" if node.is_prefix else "")
    sign = " AND " if isinstance(node, All) else " OR "
    return f"({sign.join(to_sqlite(part) for part in node.parts)})"


def _terms(text: str) -> Iterator[Term]:
    for part in text.split():
        for words in chunks(part):
            yield Term(part, words)


def _word(word: str, is_last: bool) -> Iterator[Node]:  # noqa: FBT001 - internal
    """Yield the alternatives of a word."""
    if is_unspaced(word):
        yield All(tuple(_run_nodes(word)))
        return
    yield from map(Word, query_forms(word))
    if is_last and len(word) >= _PREFIX:
        yield from (Word(spelling, is_prefix=True) for spelling in _spellings(word))
    pieces = [fold(piece) for piece in parts(word)]
    # The index has two pieces also as one word, which is more exact than m & 8.
    if 1 < len(pieces) <= _JOINED and not (len(pieces) == 2 and len(pieces[0]) == 1):
        yield All(tuple(map(Word, pieces)))


def _spellings(word: str) -> Sequence[str]:
    """Return the word, and with umlauts as two letters if it has any."""
    return [form for form in forms(word)[:2] if len(form) >= len(fold(word))]


def _run_nodes(word: str) -> Iterator[Node]:
    unspaced = set(unspaced_runs(word))
    for run in runs(word):
        if run in unspaced:
            yield from map(Word, pairs(run, step=2))
        else:
            yield OneOf(tuple(map(Word, query_forms(run))))
