"""Full-text search: a product matches if it has each word of a search in some form.

It is found by its name, brand, tags, SKUs, option values, categories, attributes and description.
"""

from collections.abc import Mapping

from catalog.search.correction import add_compounds
from catalog.search.terms import Query, add_synonyms, read_terms
from shop.core.language_codes import is_translated

Synonyms = Mapping[tuple[str, ...], list[tuple[str, ...]]]


def read_query(text: str, synonyms: Synonyms, language: str) -> Query:
    """Read a search in a language of the shop. One statement, or none."""
    query = read_terms(text)
    query.language = language if is_translated(language) else ""
    add_synonyms(query, synonyms)
    add_compounds(query)
    return query
