"""Synonyms as searches use them."""

from collections import defaultdict

from catalog.indexing.documents import plain_words
from catalog.search.models import Synonym

Phrase = tuple[str, ...]


def read_synonyms() -> dict[Phrase, list[Phrase]]:
    """Return the synonyms of each phrase, as tuples of folded words. One statement."""
    found: dict[Phrase, list[Phrase]] = defaultdict(list)
    for words in Synonym.objects.values_list("words", flat=True):
        phrases = read_phrases(words)
        for phrase in phrases:
            found[phrase] += [other for other in phrases if other != phrase]
    return dict(found)


def read_phrases(words: str) -> list[Phrase]:
    """Return the phrases of a group, each once."""
    phrases = (tuple(plain_words(phrase)) for phrase in words.split(","))
    return list(dict.fromkeys(filter(None, phrases)))
