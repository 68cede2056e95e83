"""Reads of categories for other apps."""

from collections import defaultdict
from collections.abc import Collection

from catalog.categories.models import CategoryLink


def categories_of(product_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Return the categories of products with all categories above them, by the products' ids.

    One statement. A product without a category has no entry.
    """
    found = defaultdict[int, set[int]](set)
    links = CategoryLink.objects.filter(category__products__in=product_ids)
    for product_id, category_id in links.values_list("category__products", "above_id"):
        found[product_id].add(category_id)
    return {product_id: frozenset(categories) for product_id, categories in found.items()}
