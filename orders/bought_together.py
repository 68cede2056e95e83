"""Which products are bought together, for the related products of the catalog."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count, F, Q, Window
from django.db.models.functions import Coalesce, Now, RowNumber

from catalog.models import Product
from orders.models import OrderItem
from orders.states import OrderStatus

PERIOD = timedelta(days=90)
_MAX_PRODUCTS = 24
"""Products for each one: more than are shown, because some are no longer for sale."""
_MAX_ORDERED = 5000


def bought_together(product_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the products in the same orders of the last 90 days, by the products' ids.

    Those of most orders come first. Cancelled orders do not count, and variants count as their
    products. Two statements.
    """
    variants = Product.objects.filter(parent_id__in=product_ids).order_by()
    sold = [*product_ids, *variants.values_list("pk", flat=True)]
    pairs = (
        OrderItem.objects.filter(
            ~Q(order__status=OrderStatus.CANCELLED),
            product_id__in=sold,
            order__created_at__gt=Now() - PERIOD,
        )
        .annotate(
            bought=Coalesce("product__parent_id", "product_id"),
            other=Coalesce("order__items__product__parent_id", "order__items__product_id"),
        )
        .filter(~Q(other=F("bought")))
        .order_by()
        .values("bought", "other")
        .annotate(orders=Count("order_id", distinct=True))
        .annotate(
            place=Window(
                RowNumber(), partition_by=F("bought"), order_by=(F("orders").desc(), F("other"))
            )
        )
        .filter(place__lte=_MAX_PRODUCTS)
        .order_by("bought", "place")
    )
    found: dict[int, list[int]] = {}
    for pk, other in pairs.values_list("bought", "other"):
        found.setdefault(pk, []).append(other)
    return found


def ordered_lately() -> list[int]:
    """Return products and variants in the orders of the last two hours, at most 5,000."""
    items = OrderItem.objects.filter(order__created_at__gt=Now() - timedelta(hours=2))
    products = items.order_by().values_list("product_id", flat=True).distinct()
    return list(products[:_MAX_ORDERED])
