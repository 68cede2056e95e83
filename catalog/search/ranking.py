"""How well products sell: what lists are ordered by as best-selling."""

from datetime import timedelta

from django.db.models import Case, F, IntegerField, Q, Sum, Value, When
from django.db.models.functions import Coalesce, Now

from catalog import revision
from catalog.models.revision import CatalogRevision
from catalog.products.models import Product
from catalog.stock.models import MovementKind, StockMovement
from shop.core.transactions import transactional

COUNTED = timedelta(days=90)
_EVERY = timedelta(hours=1)
_BATCH = 500


def is_ranking_due() -> bool:
    """Return True once an hour, to one caller of any number."""
    due = Q(ranked_at=None) | Q(ranked_at__lt=Now() - _EVERY)
    return bool(CatalogRevision.objects.filter(due).update(ranked_at=Now()))


def rank_products() -> int:
    """Count anew what each product, with its variants, sold in 90 days; return how many changed.

    Cancelled orders do not count. A batch a transaction, so that no shopper waits for it.
    """
    moved = (
        StockMovement.objects.filter(
            kind__in=(MovementKind.SALE, MovementKind.CANCELLATION),
            created_at__gt=Now() - COUNTED,
        )
        .annotate(listed_id=Coalesce("product__parent_id", "product_id"))
        .order_by()
        .values_list("listed_id")
        .annotate(pieces=-Sum("delta"))
    )
    sold = {pk: max(pieces, 0) for pk, pieces in moved}  # cancelled now, and sold long ago
    had = dict(Product.objects.listed().exclude(sold=0).values_list("pk", "sold"))
    changed = sorted(pk for pk in sold.keys() | had if sold.get(pk, 0) != had.get(pk, 0))
    for start in range(0, len(changed), _BATCH):
        _write({pk: sold.get(pk, 0) for pk in changed[start : start + _BATCH]})
    return len(changed)


@transactional
def _write(sold: dict[int, int]) -> None:
    Product.objects.lock_all(list(sold))
    whens = [When(pk=pk, then=Value(count)) for pk, count in sold.items()]
    pieces = Case(*whens, default=F("sold"), output_field=IntegerField())
    Product.objects.filter(pk__in=sold).update(sold=pieces)
    revision.bump()
