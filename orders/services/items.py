"""The items of an order by product, as requests name them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from orders.errors import ItemNotInOrder
from orders.models import OrderItem


def items_of(order_id: int, product_ids: Iterable[int]) -> list[OrderItem]:
    """Return the items of an order by ascending product. Raises ItemNotInOrder."""
    wanted = set(product_ids)
    found = OrderItem.objects.filter(order_id=order_id, product_id__in=wanted)
    items = list(found.order_by("product_id"))
    missing = wanted - {item.product_id for item in items}
    if missing:
        reason = _("This order does not contain the product {product_id}.")
        product_id = min(missing)
        raise ItemNotInOrder(
            field="items", reason=reason.format(product_id=product_id), product_id=product_id
        )
    return items
