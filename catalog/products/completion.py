"""Completes rows that an older release has written: the sort keys of names."""

from catalog import revision
from catalog.products.models import Product
from shop.core.jobs import is_time_over
from shop.core.sort_keys import sort_key
from shop.core.transactions import transactional

_BATCH = 500


def complete_name_keys() -> int:
    """Compute missing sort keys, a transaction for each batch; return the number of products."""
    missing = Product.objects.listed().filter(name_key=b"", archived_at=None).order_by("pk")
    after, changed = 0, 0
    while not is_time_over():
        pks = list(missing.filter(pk__gt=after).values_list("pk", flat=True)[:_BATCH])
        if not pks:
            break
        _complete(pks)
        after, changed = pks[-1], changed + len(pks)
    return changed


@transactional
def _complete(pks: list[int]) -> None:
    products = Product.objects.lock_all(pks)
    for product in products:
        product.name_key = sort_key(product.name)
    Product.objects.bulk_update(products, ["name_key"])
    revision.bump()
