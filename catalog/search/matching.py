"""Finds the products that match a search, with PostgreSQL's text search or SQLite's FTS5.

Both only narrow the catalog down to candidates; ``relevance`` sorts them alike on both.
"""

import json
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Exists,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL
from django.utils import timezone

from catalog.indexing.models import ProductSearch
from catalog.indexing.services import SQLITE_TABLE
from catalog.limits import MAX_RANKED_RESULTS
from catalog.products.models import Product, ProductQuerySet
from catalog.products.reads import is_in_stock
from catalog.samples import ESTIMATE
from catalog.search.relevance import Candidate, Scorer
from catalog.search.terms import Query, Term, to_postgresql, to_sqlite

_SORTED = 300
"""Candidates that are sorted by relevance. Further ones follow in the order of the database."""
_STEP = 1_000_000
_NAMES = "AB"
_TEXT = f"""
FROM {SQLITE_TABLE} JOIN catalog_productsearch ON catalog_productsearch.id = {SQLITE_TABLE}.rowid
WHERE {SQLITE_TABLE} MATCH %s AND language IN ('', %s)
"""
_IDS = f"SELECT product_id {_TEXT}"
_RANKED = f"SELECT product_id, -BM25({SQLITE_TABLE}, 10, 4, 2, 0.3) {_TEXT}"
_BEST = f"{_RANKED} ORDER BY 2 DESC, 1 DESC LIMIT %s"
_NUMBER = f"SELECT COUNT(*) {_TEXT}"
_NUMBER_IN_LANGUAGES = f"SELECT COUNT(DISTINCT product_id) {_TEXT}"
_SPARE = 100
"""Candidates that SQLite reads in addition, because some of the best may be invisible."""


@dataclass(frozen=True, slots=True)
class Results:
    """Ids of products with their relevance, the best first, and whether there are more.

    ``found`` is about the number of all of them, if it was asked for.
    """

    rows: list[tuple[int, int]]
    is_capped: bool = False
    found: int | None = None


class CountOf(Subquery):
    """The number of rows of another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted_)"
    output_field = IntegerField()


def matching(products: ProductQuerySet, query: Query) -> ProductQuerySet:
    """Return the products that match a search."""
    expression = _expression(query)
    if not expression:
        return products.none()
    if connection.vendor == "sqlite":
        ids = RawSQL(_IDS, [expression, query.language])  # noqa: S611 - constants
        return products.filter(pk__in=ids)
    matches = _Matches(F("vector"), Value(expression))
    found = ProductSearch.objects.filter(matches, language__in=query.languages)
    return products.filter(pk__in=found.values("product_id"))


def ranked(
    products: ProductQuerySet,
    query: Query,
    sampled: ProductQuerySet | None = None,
    invisible: ProductQuerySet | None = None,
) -> Results:
    """Return at most ``MAX_RANKED_RESULTS`` matching products by relevance.

    At most three statements, on SQLite five. ``sampled``, the products in ``ESTIMATE``, asks for
    ``found``.
    ``invisible`` are the few listed products that are not in ``products``, if that is known.
    """
    expression = _expression(query)
    candidates: list[int] = []
    found: int | None = 0
    if expression:
        candidates, found = _candidates(products, expression, query, sampled, invisible)
    is_capped = len(candidates) > MAX_RANKED_RESULTS
    del candidates[MAX_RANKED_RESULTS:]
    best = _sorted(candidates[:_SORTED], query)
    others = candidates[_SORTED:]
    rows = best + [(pk, len(others) - n) for n, pk in enumerate(others)]
    return Results(rows, is_capped, found)


def is_found(term: Term, language: str) -> bool:
    """Return whether a product has a term, also in a further language. One statement."""
    query = Query([term], language=language)
    return matching(Product.objects.not_archived().listed(), query).order_by().exists()


def _expression(query: Query) -> str:
    node = query.node()
    if node is None:
        return ""
    if connection.vendor == "postgresql":
        return to_postgresql(node, _NAMES if query.names_only else "")
    text = to_sqlite(node)
    return f"{{a b}} : {text}" if query.names_only else text


def _candidates(
    products: ProductQuerySet,
    expression: str,
    query: Query,
    sampled: ProductQuerySet | None,
    invisible: ProductQuerySet | None,
) -> tuple[list[int], int | None]:
    """Return the ids of the candidates in the order of the database, one more than the limit.

    A product that matches in two languages has the better place. ``sampled`` asks for about the
    number of all candidates as well.
    """
    limit = MAX_RANKED_RESULTS + 1
    if connection.vendor == "postgresql":
        texts = ProductSearch.objects.filter(
            _Matches(F("vector"), Value(expression)), language__in=query.languages
        )
        if invisible is None:
            texts = texts.filter(product_id__in=products.order_by().values("pk"))
        else:  # a join with all products takes longer than most searches
            texts = texts.filter(~Exists(invisible.filter(pk=OuterRef("product_id"))))
        number: list[Any] = []
        if sampled is not None:
            number = [CountOf(matching(sampled, query).order_by().values("pk"))]
        rank = _Rank(F("vector"), Value(expression))
        ordered = texts.annotate(text_rank=rank).order_by("-text_rank", "-product_id")
        rows = list(ordered.values_list("product_id", *number)[: limit * len(query.languages)])
        total = ESTIMATE.one_in * rows[0][1] if rows and number else None
        return list(dict.fromkeys(row[0] for row in rows))[:limit], total
    if invisible is not None:
        best = _best_on_sqlite(products, expression, query, is_counted=sampled is not None)
        if best is not None:
            return best
    return _all_on_sqlite(products, expression, query)


def _best_on_sqlite(
    products: ProductQuerySet, expression: str, query: Query, *, is_counted: bool
) -> tuple[list[int], int | None] | None:
    """Return the candidates from as many of the best texts as they need, if these are enough.

    Almost all products are expected to be visible. The number of all candidates includes the
    others. Two statements.
    """
    limit = MAX_RANKED_RESULTS + 1
    values = [expression, query.language]
    most = (limit + _SPARE) * len(query.languages)
    with connection.cursor() as cursor:
        cursor.execute(_BEST, [*values, most])
        texts = cursor.fetchall()
    has_all = len(texts) < most
    count = _NUMBER_IN_LANGUAGES if query.language else _NUMBER
    number = [RawSQL(count, values)] if is_counted and not has_all else []  # noqa: S611 - constants
    pks = list(dict.fromkeys(pk for pk, _ in texts))
    # One parameter instead of a thousand, which takes Django longer than the statement.
    ids = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(pks)])
    rows = products.filter(pk__in=ids).order_by().values_list("pk", *number)
    visible = {pk: found for pk, *found in rows}
    candidates = [pk for pk in pks if pk in visible]
    if has_all:
        return candidates[:limit], len(candidates)
    if len(candidates) < limit:
        return None
    return candidates[:limit], visible[candidates[0]][0] if number else None


def _all_on_sqlite(
    products: ProductQuerySet, expression: str, query: Query
) -> tuple[list[int], int | None]:
    """Return the candidates, of which any number may be invisible. Two statements."""
    limit = MAX_RANKED_RESULTS + 1
    values = [expression, query.language]
    with connection.cursor() as cursor:
        cursor.execute(_RANKED, values)
        rows = cursor.fetchall()
    if query.language:
        rows.sort(key=itemgetter(1))
    ranks = dict(rows)
    visible = products.filter(pk__in=RawSQL(_IDS, values)).order_by()  # noqa: S611
    found_pks = list(visible.values_list("pk", flat=True))
    return sorted(found_pks, key=lambda pk: (-ranks.get(pk, 0), -pk))[:limit], len(found_pks)


def _sorted(pks: list[int], query: Query) -> list[tuple[int, int]]:
    """Return candidates with their relevance, the best first."""
    if not pks:
        return []
    products = Product.objects.filter(pk__in=pks, search_texts__language__in=query.languages)
    rows = products.order_by().values_list(
        "pk", "search_texts__words", "brand", "sold", is_in_stock(), "created_at"
    )
    scorer = Scorer(query, timezone.now())
    points: dict[int, int] = {}
    for candidate in (Candidate(*row) for row in rows):
        own = _STEP + round(1000 * scorer.points(candidate))
        points[candidate.pk] = max(own, points.get(candidate.pk, 0))
    return sorted(points.items(), key=lambda row: (-row[1], -row[0]))


class _Matches(Func):
    """Whether a vector matches a query."""

    output_field = BooleanField()
    arity = 2
    template = "%(expressions)s::tsquery"
    arg_joiner = " @@ "


class _Rank(Func):
    """PostgreSQL's rank of a vector for a query. The weights are those of D, C, B and A."""

    output_field = FloatField()
    arity = 2
    template = "TS_RANK('{0.03, 0.15, 0.4, 1}', %(expressions)s::tsquery)"
