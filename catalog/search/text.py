"""Full-text search: a product matches if it has each word of a search in some form.

It is found by its name, brand, tags, SKUs, option values, categories, attributes and description.
"""

from collections.abc import Mapping

from catalog.search.correction import add_compounds
from catalog.search.terms import Query, add_synonyms, read_terms

Synonyms = Mapping[tuple[str, ...], list[tuple[str, ...]]]


def read_query(text: str, synonyms: Synonyms) -> Query:
    """Read a search. One statement, or none."""
    query = read_terms(text)
    add_synonyms(query, synonyms)
    add_compounds(query)
    return query
