"""Completes translations that an older release has written: sort keys of names."""

from catalog import revision
from catalog.products.models import Product
from catalog.progress import in_batches
from catalog.translations.models import ProductTranslation
from shop.core.sort_keys import sort_key
from shop.core.transactions import transactional

_BATCH = 500


def complete_translated_name_keys() -> int:
    """Compute missing sort keys, a transaction for each batch; return the number of products."""
    missing = ProductTranslation.objects.filter(name_key=b"").exclude(name="")

    def next_ids(after: int) -> list[int]:
        rows = missing.filter(product_id__gt=after).order_by("product_id")
        return list(rows.values_list("product_id", flat=True).distinct()[:_BATCH])

    return in_batches(next_ids, _complete)


@transactional
def _complete(product_ids: list[int]) -> None:
    Product.objects.lock_all(product_ids)  # as every writer of translations does
    rows = list(ProductTranslation.objects.filter(product_id__in=product_ids).exclude(name=""))
    for row in rows:
        row.name_key = sort_key(row.name)
    ProductTranslation.objects.bulk_update(rows, ["name_key"])
    revision.bump()
