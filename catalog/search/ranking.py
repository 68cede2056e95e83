"""Counts sold units, by which lists are sorted as best-selling."""

from datetime import timedelta

from django.db.models import Case, F, IntegerField, Q, Sum, Value, When
from django.db.models.functions import Coalesce, Now

from catalog import revision
from catalog.models.revision import CatalogRevision
from catalog.products.models import Product
from catalog.stock.models import MovementKind, StockMovement
from shop.core.transactions import transactional

PERIOD = timedelta(days=90)
_EVERY = timedelta(hours=1)
_BATCH = 500


def is_ranking_due() -> bool:
    """Return True to one caller per hour, however many workers ask."""
    due = Q(ranked_at=None) | Q(ranked_at__lt=Now() - _EVERY)
    return bool(CatalogRevision.objects.filter(due).update(ranked_at=Now()))


def rank_products() -> int:
    """Count the units of each product and its variants that were sold in the last 90 days.

    Cancelled orders do not count. Each batch of products is a transaction, so that locks are short.
    Returns the number of products whose count changed.
    """
    totals = (
        StockMovement.objects.filter(
            kind__in=(MovementKind.SALE, MovementKind.CANCELLATION),
            created_at__gt=Now() - PERIOD,
        )
        .annotate(listed_id=Coalesce("product__parent_id", "product_id"))
        .order_by()
        .values_list("listed_id")
        .annotate(units=-Sum("delta"))
    )
    # A total is negative if an order from before the 90 days was cancelled.
    sold = {pk: max(units, 0) for pk, units in totals}
    before = dict(Product.objects.listed().exclude(sold=0).values_list("pk", "sold"))
    changed = sorted(pk for pk in sold.keys() | before if sold.get(pk, 0) != before.get(pk, 0))
    for start in range(0, len(changed), _BATCH):
        _write({pk: sold.get(pk, 0) for pk in changed[start : start + _BATCH]})
    return len(changed)


@transactional
def _write(sold: dict[int, int]) -> None:
    Product.objects.lock_all(list(sold))
    whens = [When(pk=pk, then=Value(count)) for pk, count in sold.items()]
    count = Case(*whens, default=F("sold"), output_field=IntegerField())
    Product.objects.filter(pk__in=sold).update(sold=count)
    revision.bump()
