"""The words of a product by which it is found, with the weight of the field that has them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from catalog.indexing.text import (
    camel_words,
    chunks,
    chunks_of,
    fold,
    forms,
    pairs,
    parts,
    plain,
    unspaced_runs,
)
from catalog.indexing.units import quantities

WEIGHTS = "ABCD"
"""Weights of words in the name, the keywords, the category and attributes, and the description."""
MAX_TEXT = 10_000
"""Characters of a field that are read."""
_MAX_LEARNED = 40


@dataclass(frozen=True, slots=True)
class Document:
    """The words of a product.

    ``fields`` are the sets of the four weights; a word is in the first one that has it. ``words``
    has a line with the words of each field but the description, in their order; the second one also
    has the quantities.
    """

    fields: tuple[frozenset[str], ...]
    words: str

    def vector(self) -> str:
        """Return PostgreSQL's spelling of a ``tsvector``."""
        return " ".join(
            f"'{word}':1{weight}"
            for weight, found in zip(WEIGHTS, self.fields, strict=True)
            for word in found
        )

    def learned(self) -> Iterator[str]:
        """Yield the words that typing errors are corrected to."""
        for word in self.words.split():
            if 2 < len(word) <= _MAX_LEARNED and word.isalpha():
                yield word


def make_document(name: str, keywords: str, category: str, description: str) -> Document:
    """Return the words of the fields of a product."""
    texts = [text[:MAX_TEXT] for text in (name, keywords, category)]
    plain_texts = list(map(plain, texts))
    all_chunks = [list(chunks_of(text)) for text in plain_texts]
    amounts = [list(quantities(text)) for text in plain_texts]
    found = [
        _words(chunked, numbers) | set(camel_words(text))
        for text, chunked, numbers in zip(texts, all_chunks, amounts, strict=True)
    ]
    found.append(_description_words(plain(description[:MAX_TEXT])))
    seen: set[str] = set()
    fields = []
    for field in found:
        fields.append(frozenset(field - seen))
        seen |= field
    lines = [[fold(word) for chunk in chunked for word in chunk] for chunked in all_chunks]
    lines[1] += [word for numbers in amounts for word in numbers]
    return Document(tuple(fields), "\n".join(map(" ".join, lines)))


def plain_words(text: str) -> Iterable[str]:
    """Yield the words of a text in their order, folded."""
    for chunk in chunks(text):
        yield from map(fold, chunk)


def _words(chunked: list[list[str]], numbers: Iterable[str]) -> set[str]:
    """Return all words of a text, also neighbours written as one word."""
    found = set(numbers)
    before: list[str] = []
    for chunk in chunked:
        for word in chunk:
            found.update(_forms(word))
        found.update(_joined(before, chunk))
        before = chunk
    return found


def _description_words(text: str) -> set[str]:
    """Return the words of a long text. Only the parts of one word are written as one."""
    chunked = list(chunks_of(text))
    found = set(quantities(text))
    for word in {word for chunk in chunked for word in chunk}:
        found.update(_forms(word))
    found.update(fold("".join(chunk)) for chunk in chunked if len(chunk) > 1)
    return found


def _forms(word: str) -> Iterator[str]:
    if word.isascii():
        yield from forms(word)
    else:
        runs = unspaced_runs(word)
        for run in runs:
            yield from run
            yield from pairs(run)
        if "".join(runs) != word:
            yield from forms(word)
    if len(pieces := parts(word)) > 1:
        yield from map(fold, pieces)


def _joined(before: list[str], chunk: list[str]) -> Iterator[str]:
    """Yield the words of a chunk as one, and neighbours as one, also with the chunk before."""
    whole = "".join(chunk)
    if len(chunk) > 1:
        yield from forms(whole)
        for one, other in pairwise(chunk):
            yield from forms(one + other)
    if before:
        for one in {before[-1], "".join(before)}:
            for other in {chunk[0], whole}:
                yield from forms(one + other)
