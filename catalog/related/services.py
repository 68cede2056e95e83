"""Finds the related products of each product and stores their ids.

They are the products that were bought together with it and, if these are too few, similar ones. A
run reads without locks, and at most ``MAX_PER_RUN`` products: those of new orders and those that
have changed, then those after the product at which the last run ended.
"""

from collections.abc import Callable, Iterator, Sequence

from django.db.models.functions import Coalesce

from catalog import revision
from catalog.limits import MAX_RELATED
from catalog.models.progress import CatalogProgress
from catalog.products.models import Product
from catalog.related.models import RelatedProduct
from catalog.related.similar import SimilarProducts
from shop.core.jobs import is_time_over
from shop.core.transactions import transactional

MAX_PER_RUN = 20_000
"""Products of one run. Those of new orders, and those that have changed, are half of it at most."""
_BATCH = 500
_ROUND = "related_products"
_CHANGES = "related_changes"
BoughtTogether = Callable[[Sequence[int]], dict[int, list[int]]]
"""Returns the products that were bought together with each product, most often first."""


def relate_products(bought_together: BoughtTogether, ordered: Sequence[int]) -> int:
    """Find the related products again, and return for how many products they changed.

    ``ordered`` are products of new orders. Each batch of products is a transaction.
    """
    similar = SimilarProducts()
    changed = 0
    for pks in _batches(ordered):
        changed += _write(pks, _find(pks, bought_together, similar))
        if is_time_over():
            break
    return changed


def _batches(ordered: Sequence[int]) -> Iterator[list[int]]:
    """Yield the ids of products of a run, and store how far it has come after each batch."""
    number = revision.read_revision()[1]
    place, _ = CatalogProgress.objects.get_or_create(job=_ROUND)
    changes, _ = CatalogProgress.objects.get_or_create(job=_CHANGES)
    first = _listed([*ordered, *_changed_since(changes.number)])[: MAX_PER_RUN // 2]
    for start in range(0, len(first), _BATCH):
        yield first[start : start + _BATCH]
    CatalogProgress.objects.filter(pk=changes.pk).update(number=number)
    after, left = place.number, MAX_PER_RUN - len(first)
    products = Product.objects.listed().order_by("pk").values_list("pk", flat=True)
    while left > 0:
        pks = list(products.filter(pk__gt=after)[: min(_BATCH, left)])
        if pks:
            yield pks
        after, left = (pks[-1], left - len(pks)) if pks else (0, 0)
        CatalogProgress.objects.filter(pk=place.pk).update(number=after)


def _changed_since(number: int) -> list[int]:
    """Return products that have changed since a revision, those that changed first."""
    if not number:
        return []  # The round reads all of them.
    rows = Product.objects.filter(changed_in__gt=number).order_by("changed_in")
    return list(rows.values_list("pk", flat=True)[: MAX_PER_RUN // 2])


def _listed(product_ids: Sequence[int]) -> list[int]:
    """Return the products of products and variants, each once."""
    rows = Product.objects.filter(pk__in=product_ids)
    families = dict(rows.values_list("pk", Coalesce("parent_id", "pk")))
    return list(dict.fromkeys(families[pk] for pk in product_ids if pk in families))


def _find(
    pks: Sequence[int], bought_together: BoughtTogether, similar: SimilarProducts
) -> dict[int, list[int]]:
    """Return the related products of those that are for sale."""
    shown = _for_sale(pks)
    bought = bought_together(sorted(shown))
    offered = _for_sale({other for others in bought.values() for other in others})
    found = {
        pk: [other for other in bought.get(pk, ()) if other in offered][:MAX_RELATED]
        for pk in shown
    }
    few = sorted(pk for pk, others in found.items() if len(others) < MAX_RELATED)
    for pk, others in similar.of(few).items():
        found[pk] = list(dict.fromkeys([*found[pk], *others]))[:MAX_RELATED]
    return found


def _for_sale(product_ids: Sequence[int] | set[int]) -> set[int]:
    rows = Product.objects.for_sale().listed().filter(pk__in=product_ids).order_by()
    return set(rows.values_list("pk", flat=True))


@transactional
def _write(pks: Sequence[int], found: dict[int, list[int]]) -> int:
    """Store the related products of a batch, and return for how many products they changed.

    Locks the row of the job's progress, so that a second run waits, and no products.
    """
    CatalogProgress.objects.select_for_update().get(job=_ROUND)
    present: dict[int, dict[int, int]] = {pk: {} for pk in pks}
    rows = RelatedProduct.objects.filter(product_id__in=pks)
    for pk, other, position in rows.values_list("product_id", "related_id", "position"):
        present[pk][other] = position
    wanted = {pk: {other: n for n, other in enumerate(found.get(pk, ()))} for pk in pks}
    changed = [pk for pk in pks if present[pk] != wanted[pk]]
    if not changed:
        return 0
    rows.filter(product_id__in=changed).delete()
    RelatedProduct.objects.bulk_create(
        RelatedProduct(product_id=pk, related_id=other, position=position)
        for pk in changed
        for other, position in wanted[pk].items()
    )
    revision.bump()
    return len(changed)
