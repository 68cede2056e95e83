"""Full-text search: a product matches if each word is in its name, keywords or description.

Other forms of a word match too. PostgreSQL searches with an index, SQLite scans all rows. A word
that no product contains is replaced by the words that are spelt most like it.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import BooleanField, F, Func, IntegerField, Value
from django.db.models.functions import Coalesce
from django.dispatch import receiver

from catalog.limits import MAX_RANKED_RESULTS, MAX_SEARCH_WORDS
from catalog.products.models import Product, ProductQuerySet
from catalog.search.words import (
    STOP_WORDS,
    allowed_typos,
    closest_words,
    relevance_score,
    stem,
    words_of,
)

# For each word except stop words: its lexemes and, if no product contains it, similar words.
_SIMILAR = """
SELECT word, lexemes::text, CASE WHEN forgiven AND NOT EXISTS (
    SELECT 1 FROM catalog_product
    WHERE archived_at IS NULL AND parent_id IS NULL AND search @@ lexemes
) THEN shop_similar_words(word) END
FROM unnest(%s::text[], %s::boolean[]) WITH ORDINALITY AS wanted (word, forgiven, place)
CROSS JOIN LATERAL (SELECT plainto_tsquery('english', word) AS lexemes) AS parsed
WHERE numnode(lexemes) > 0 ORDER BY place
"""
_DESCRIPTION = Coalesce(F("description_text"), F("description"))
_PARSE = "SELECT plainto_tsquery('english', word)::text FROM unnest(%s::text[]) AS given (word)"


@dataclass(frozen=True, slots=True)
class Query:
    """A search query as the database needs it.

    On PostgreSQL ``text`` contains the words, or a ``tsquery`` with corrected words, and ``sql``
    converts it. On SQLite ``text`` has a line with the stems of each word.
    """

    text: str
    sql: str = "plainto_tsquery('english', %s)"


def read_query(text: str) -> Query:
    """Read a search without a statement. A query of only stop words finds nothing."""
    words = _words(text)
    if connection.vendor == "postgresql":
        return Query(" ".join(words))
    return Query("\n".join(stem(word) for word in words if word not in STOP_WORDS))


def correct(text: str) -> Query | None:
    """Read a search again, with similar words in place of those that no product contains.

    Returns None if there are no similar words. At most two statements.
    """
    words = _words(text)
    return _correct_by_index(words) if connection.vendor == "postgresql" else _correct(words)


def matching(products: ProductQuerySet, query: Query) -> ProductQuerySet:
    """Return the products that match a query."""
    return products.filter(_Matches(query)) if query.text else products.none()


def by_relevance(products: ProductQuerySet, query: Query) -> ProductQuerySet:
    """Return at most ``MAX_RANKED_RESULTS`` matches, annotated with ``relevance``, an integer."""
    found = matching(products, query)
    if connection.vendor == "postgresql":
        found = Product.objects.filter(pk__in=found.order_by().values("pk")[:MAX_RANKED_RESULTS])
    return found.annotate(relevance=_Relevance(query))


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(words_of(text)))[:MAX_SEARCH_WORDS]


def _correct_by_index(words: list[str]) -> Query | None:
    with connection.cursor() as cursor:
        cursor.execute(_SIMILAR, [words, [allowed_typos(word) > 0 for word in words]])
        rows = cursor.fetchall()
        corrections = {word: closest_words(word, similar or ()) for word, _, similar in rows}
        others = sorted({other for closest in corrections.values() for other in closest})
        if not others:
            return None
        cursor.execute(_PARSE, [others])
        parsed = dict(zip(others, (row[0] for row in cursor.fetchall()), strict=True))
    parts = [
        [lexemes, *(parsed[other] for other in corrections[word])] for word, lexemes, _ in rows
    ]
    return Query(" & ".join(f"({' | '.join(filter(None, part))})" for part in parts), "%s::tsquery")


def _correct(words: list[str]) -> Query | None:
    """Compare with the words of every product, because SQLite has no index for it."""
    products = Product.objects.not_archived().listed()
    texts: list[tuple[str, str, str]] = list(products.values_list("name", "keywords", _DESCRIPTION))
    existing = {word for name, keywords, _ in texts for word in words_of(f"{name} {keywords}")}
    lines, corrected = [], False
    for word in words:
        if word in STOP_WORDS:
            continue
        unknown = not any(relevance_score(*text, stem(word)) for text in texts)
        closest = closest_words(word, existing) if unknown else []
        lines.append(" ".join(dict.fromkeys(stem(other) for other in (word, *closest))))
        corrected = corrected or bool(closest)
    return Query("\n".join(lines)) if corrected else None


@receiver(connection_created)
def add_sqlite_function(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Add ``shop_score`` to a new SQLite connection."""
    if connection.vendor == "sqlite":
        raw: Any = connection.connection
        raw.create_function("shop_score", 4, relevance_score, deterministic=True)


class _Search(Func):
    """The base of both expressions. On PostgreSQL they use a column that is not in the model."""

    template = ""
    on_sqlite = ""

    def __init__(self, query: Query) -> None:
        self.sql = query.sql
        super().__init__(F("name"), F("keywords"), _DESCRIPTION, Value(query.text))

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[str]]:
        """Use the column ``search`` of the table that the column ``name`` belongs to."""
        name, *_others, text = self.get_source_expressions()
        column = compiler.compile(name)[0].rpartition(".")[0] + ".search"
        return self.template.format(column=column, query=self.sql), [text.value]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        """Call the function that ``add_sqlite_function`` added."""
        return super().as_sql(compiler, connection, template=self.on_sqlite, function="shop_score")


class _Matches(_Search):
    output_field = BooleanField()
    template = "{column} @@ {query}"
    on_sqlite = "%(function)s(%(expressions)s) > 0"


class _Relevance(_Search):
    output_field = IntegerField()
    template = "(1000000 * ts_rank({column}, {query}))::integer"
    on_sqlite = "%(function)s(%(expressions)s)"
