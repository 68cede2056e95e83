"""The query parameters of the list of orders."""

from typing import Any

from orders.models import OrderQuerySet
from orders.states import OrderStatus
from shop.core.query import choice_parameter, ordering_parameter, time_parameter

# Ids rise with time, and an index has them in this order for each user and each status.
_ORDERINGS = {"created_at": "pk", "-created_at": "-pk"}

LIST_PARAMETERS = [
    choice_parameter("status", OrderStatus.values, "A status. Repeat it to match any of several."),
    time_parameter("created_after", "Orders that were placed at this time or later."),
    time_parameter("created_before", "Orders that were placed before this time."),
    ordering_parameter(list(_ORDERINGS), "The default is `-created_at`, newest first."),
]


def apply_parameters(orders: OrderQuerySet, values: dict[str, Any]) -> OrderQuerySet:
    """Return the orders that match the values of ``LIST_PARAMETERS``, sorted."""
    lookups = {"status": "status__in", "created_after": "created_at__gte"}
    lookups["created_before"] = "created_at__lt"
    filters = {lookup: values[name] for name, lookup in lookups.items() if name in values}
    return orders.filter(**filters).order_by(_ORDERINGS[values.get("ordering", "-created_at")])
