"""Products by words: every word is in the name, the keywords or the description, in some form.

PostgreSQL searches by indexes, SQLite by a scan. A word that no product has stands for the words
that are spelt most like it.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, IntegerField, Value

from catalog.limits import MAX_RANKED_RESULTS, MAX_SEARCH_WORDS
from catalog.products.models import Product, ProductQuerySet
from shop.core.words import STOP_WORDS, mistakes_forgiven, nearest, score, stem, words_of

# For each word: what PostgreSQL makes of it (nothing of "the"), and, if no product has it, words
# like it.
_UNKNOWN = """
SELECT word, lexemes::text, CASE WHEN forgiven AND NOT EXISTS (
    SELECT 1 FROM catalog_product
    WHERE archived_at IS NULL AND parent_id IS NULL AND search @@ lexemes
) THEN shop_similar_words(word) END
FROM unnest(%s::text[], %s::boolean[]) WITH ORDINALITY AS wanted (word, forgiven, place)
CROSS JOIN LATERAL (SELECT plainto_tsquery('english', word) AS lexemes) AS parsed
WHERE numnode(lexemes) > 0 ORDER BY place
"""
_PARSE = "SELECT plainto_tsquery('english', word)::text FROM unnest(%s::text[]) AS given (word)"


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: for PostgreSQL words, or a ``tsquery`` of words and those that are
    like them; for SQLite a line of stems for each word.
    """

    text: str
    sql: str = "plainto_tsquery('english', %s)"


def read_query(text: str) -> Query:
    """Read a search. No statement; a query of stop words, or of no words, finds nothing."""
    words = _words(text)
    if connection.vendor == "postgresql":
        return Query(" ".join(words))
    return Query("\n".join(stem(word) for word in words if word not in STOP_WORDS))


def correct(text: str) -> Query | None:
    """Read a search that found nothing with the words that its unknown words may be meant for.

    None where there are no such. One statement, and one more where there are.
    """
    words = _words(text)
    return _correct_by_index(words) if connection.vendor == "postgresql" else _correct(words)


def matching(products: ProductQuerySet, query: Query) -> ProductQuerySet:
    """Return the products that a query finds."""
    return products.filter(_Matches(query)) if query.text else products.none()


def by_relevance(products: ProductQuerySet, query: Query) -> ProductQuerySet:
    """Return at most ``MAX_RANKED_RESULTS`` matches, with ``relevance``, a whole number."""
    found = matching(products, query)
    if connection.vendor == "postgresql":
        found = Product.objects.filter(pk__in=found.order_by().values("pk")[:MAX_RANKED_RESULTS])
    return found.annotate(relevance=_Relevance(query))


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(words_of(text)))[:MAX_SEARCH_WORDS]


def _correct_by_index(words: list[str]) -> Query | None:
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [words, [mistakes_forgiven(word) > 0 for word in words]])
        rows = cursor.fetchall()
        meant = {word: nearest(word, similar or ()) for word, _, similar in rows}
        others = sorted({other for near in meant.values() for other in near})
        if not others:
            return None
        cursor.execute(_PARSE, [others])
        parsed = dict(zip(others, (row[0] for row in cursor.fetchall()), strict=True))
    parts = [[lexemes, *(parsed[other] for other in meant[word])] for word, lexemes, _ in rows]
    return Query(" & ".join(f"({' | '.join(filter(None, part))})" for part in parts), "%s::tsquery")


def _correct(words: list[str]) -> Query | None:
    """Look through every product: SQLite has no index for it."""
    products = Product.objects.not_archived().listed()
    texts = list(products.values_list("name", "keywords", "description"))
    there = {word for name, keywords, _ in texts for word in words_of(f"{name} {keywords}")}
    lines, corrected = [], False
    for word in words:
        if word in STOP_WORDS:
            continue
        unknown = not any(score(*text, stem(word)) for text in texts)
        near = nearest(word, there) if unknown else []
        lines.append(" ".join(dict.fromkeys(stem(other) for other in (word, *near))))
        corrected = corrected or bool(near)
    return Query("\n".join(lines)) if corrected else None


class _Search(Func):
    """What both databases do with a query; on PostgreSQL with a column that no model knows."""

    template = ""
    on_sqlite = ""

    def __init__(self, query: Query) -> None:
        self.sql = query.sql
        super().__init__(F("name"), F("keywords"), F("description"), Value(query.text))

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[str]]:
        """Name the column beside the name's, whatever the table is called here."""
        name, *_others, text = self.get_source_expressions()
        column = compiler.compile(name)[0].rpartition(".")[0] + ".search"
        return self.template.format(column=column, query=self.sql), [text.value]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        """Call the function of ``shop.core.sqlite3``."""
        return super().as_sql(compiler, connection, template=self.on_sqlite, function="shop_score")


class _Matches(_Search):
    output_field = BooleanField()
    template = "{column} @@ {query}"
    on_sqlite = "%(function)s(%(expressions)s) > 0"


class _Relevance(_Search):
    output_field = IntegerField()
    template = "(1000000 * ts_rank({column}, {query}))::integer"
    on_sqlite = "%(function)s(%(expressions)s)"
