"""The writes of the full-text index.

``index_products`` is called by every write of products, in the same transaction, and by a worker
for rows that a release without the index has written.
"""

from collections.abc import Collection, Iterable

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from catalog.categories.models import CategoryLink
from catalog.indexing.documents import WEIGHTS
from catalog.indexing.models import IndexedWord, ProductSearch
from catalog.indexing.reads import Documents, read_documents
from catalog.products.models import Product
from shop.core.language_codes import further_languages
from shop.core.transactions import transactional

SQLITE_TABLE = "catalog_productsearch_text"
"""SQLite's virtual table. Its rows have the ids of ProductSearch."""
_BATCH = 200
_INSERT_TEXT = f"INSERT INTO {SQLITE_TABLE} (rowid, a, b, c, d) VALUES (%s, %s, %s, %s, %s)"  # noqa: S608


def index_products(product_ids: Collection[int]) -> None:
    """Write the words of products, and delete those of archived ones. Ids of variants are ignored.

    A product also has a row for each further language in which it or its category has texts. Needs
    a transaction that has locked the products. The number of statements is constant.
    """
    if not product_ids:
        return
    documents = read_documents(sorted(product_ids))
    _delete_others(product_ids, documents)
    rows = [
        ProductSearch(
            product_id=pk,
            language=language,
            words=document.words,
            vector=document.vector() if connection.vendor == "postgresql" else None,
        )
        for (pk, language), document in documents.items()
    ]
    ProductSearch.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["product", "language"],
        update_fields=["words", "vector", "is_outdated"],
    )
    if connection.vendor == "sqlite":
        _write_texts(documents)
    _learn({word for document in documents.values() for word in document.learned()})


def index_outdated() -> int:
    """Index products that have no words, or outdated ones; return how many.

    Each batch is a transaction, which locks its products, so that locks are short.
    """
    number = 0
    after = 0
    while pks := _outdated(after):
        _index_locked(pks)
        number += len(pks)
        after = pks[-1]
    return number


def index_all() -> int:
    """Index all products, and forget words that none of them has; return how many there are."""
    number, after = 0, 0
    products = Product.objects.not_archived().listed().order_by("pk")
    IndexedWord.objects.all().delete()
    while pks := list(products.filter(pk__gt=after).values_list("pk", flat=True)[:_BATCH]):
        _index_locked(pks)
        number += len(pks)
        after = pks[-1]
    return number


def outdate_category(category_id: int) -> None:
    """Let a worker index the products of a category and its descendants again."""
    below = CategoryLink.objects.filter(above_id=category_id).values("category_id")
    ProductSearch.objects.filter(product__category_id__in=below).update(is_outdated=True)


@transactional
def _index_locked(pks: list[int]) -> None:
    Product.objects.lock_all(pks)
    index_products(pks)


def _outdated(after: int) -> list[int]:
    """Return the ids of the next products that are to be indexed."""
    words = ProductSearch.objects.filter(product_id=OuterRef("pk"), language="")
    products = Product.objects.not_archived().listed().filter(pk__gt=after).order_by("pk")
    wanted = products.filter(
        Q(pk__in=ProductSearch.objects.filter(is_outdated=True).values("product_id"))
        | ~Exists(words)
    )
    return list(wanted.values_list("pk", flat=True)[:_BATCH])


def _delete_others(product_ids: Collection[int], documents: Documents) -> None:
    """Delete the rows of archived products, and those of texts that are not translated any more."""
    archived = set(product_ids) - {pk for pk, _ in documents}
    ProductSearch.objects.filter(product_id__in=archived).delete()
    if further_languages():
        rows = ProductSearch.objects.filter(product_id__in=product_ids).exclude(language="")
        others = [
            pk
            for pk, *key in rows.values_list("pk", "product_id", "language")
            if tuple(key) not in documents
        ]
        ProductSearch.objects.filter(pk__in=others).delete()


def _write_texts(documents: Documents) -> None:
    """Write the rows of SQLite's virtual table."""
    rows = ProductSearch.objects.filter(product_id__in={pk for pk, _ in documents})
    ids = {tuple(key): pk for pk, *key in rows.values_list("pk", "product_id", "language")}
    with connection.cursor() as cursor:
        cursor.executemany(
            f"DELETE FROM {SQLITE_TABLE} WHERE rowid = %s",  # noqa: S608 - a constant
            [(ids[key],) for key in documents],
        )
        cursor.executemany(
            _INSERT_TEXT,
            [
                (ids[key], *(" ".join(document.fields[n]) for n in range(len(WEIGHTS))))
                for key, document in documents.items()
            ],
        )


def _learn(words: Iterable[str]) -> None:
    """Insert the words that are not known, in one order, so that writers do not deadlock."""
    wanted = sorted(words)
    known = set(IndexedWord.objects.filter(word__in=wanted).values_list("word", flat=True))
    IndexedWord.objects.bulk_create(
        (IndexedWord(word=word, backwards=word[::-1]) for word in wanted if word not in known),
        ignore_conflicts=True,
    )
