"""Completes rows that an older release has written: sort keys of names, and highest prices."""

from decimal import Decimal

from django.db.models.functions import Coalesce

from catalog import revision
from catalog.prices.current import highest_price
from catalog.products.models import Product
from catalog.progress import follow_changes, in_batches
from shop.core.sort_keys import sort_key
from shop.core.transactions import transactional

_BATCH = 500
_HIGHEST_PRICES = "highest_prices"


def complete_name_keys() -> int:
    """Compute missing sort keys, a transaction for each batch; return the number of products."""
    missing = Product.objects.listed().filter(name_key=b"", archived_at=None).order_by("pk")

    def next_ids(after: int) -> list[int]:
        return list(missing.filter(pk__gt=after).values_list("pk", flat=True)[:_BATCH])

    return in_batches(next_ids, _complete)


@transactional
def _complete(pks: list[int]) -> None:
    products = Product.objects.lock_all(pks)
    for product in products:
        product.name_key = sort_key(product.name)
    Product.objects.bulk_update(products, ["name_key"])
    revision.bump()


def complete_highest_prices() -> int:
    """Store the highest prices of products whose variants a previous release may have changed.

    Returns the number of products that changed. Each batch is a transaction.
    """
    return follow_changes(_HIGHEST_PRICES, _changed_after, _complete_highest_prices)


def _changed_after(number: int, after: int) -> list[int]:
    """Return the next products with variants that changed after a revision; 0 means all."""
    products = Product.objects.listed().filter(has_variants=True, archived_at=None).order_by("pk")
    if number:
        changed = Product.objects.filter(changed_in__gt=number)
        products = products.filter(pk__in=changed.values(family=Coalesce("parent_id", "pk")))
    return list(products.filter(pk__gt=after).values_list("pk", flat=True)[:_BATCH])


@transactional
def _complete_highest_prices(pks: list[int]) -> int:
    products = Product.objects.lock_all(pks)
    prices: dict[int | None, list[Decimal]] = {}
    variants = Product.objects.not_archived().filter(parent_id__in=pks).order_by()
    for pk, price in variants.values_list("parent_id", "price"):
        prices.setdefault(pk, []).append(price)
    changed = []
    for product in products:
        highest = highest_price(prices.get(product.pk, []))
        if product.highest_price != highest:
            product.highest_price = highest
            changed.append(product)
    if changed:
        Product.objects.bulk_update(changed, ["highest_price"])
        revision.bump()
    return len(changed)
