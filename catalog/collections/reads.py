"""Reads of collections for other apps."""

from collections import defaultdict
from collections.abc import Collection as Ids

from django.db.models import F

from catalog.collections.models import CollectionProduct


def collections_of(product_ids: Ids[int]) -> dict[int, frozenset[int]]:
    """Return the collections of products by the products' ids. One statement.

    A variant is in those of its product. A product without a collection has no entry.
    """
    found = defaultdict[int, set[int]](set)
    own = CollectionProduct.objects.filter(product_id__in=product_ids)
    of_product = CollectionProduct.objects.filter(product__variants__in=product_ids)
    rows = own.values_list("product_id", "collection_id").union(
        of_product.values_list(F("product__variants"), "collection_id")
    )
    for product_id, collection_id in rows:
        found[product_id].add(collection_id)
    return {product_id: frozenset(ids) for product_id, ids in found.items()}
