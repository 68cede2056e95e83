"""The query parameters of the list of orders."""

from typing import Any

from orders.filters import has_fulfilment_status, has_payment_status, has_return_status
from orders.models import OrderQuerySet
from orders.states import FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus
from shop.core.query import choice_parameter, ordering_parameter, time_parameter

# Ids rise with time, and an index has them in this order for each user and each status.
_ORDERINGS = {"created_at": "pk", "-created_at": "-pk"}

_ANY_OF = "Repeat it to match any of several."

LIST_PARAMETERS = [
    choice_parameter("status", OrderStatus.values, f"A status. {_ANY_OF}"),
    choice_parameter("payment_status", OrderPaymentStatus.values, f"What is paid. {_ANY_OF}"),
    choice_parameter("fulfilment_status", FulfilmentStatus.values, f"What is shipped. {_ANY_OF}"),
    choice_parameter("return_status", ReturnStatus.values, f"What came back. {_ANY_OF}"),
    time_parameter("created_after", "Orders that were placed at this time or later."),
    time_parameter("created_before", "Orders that were placed before this time."),
    ordering_parameter(list(_ORDERINGS), "The default is `-created_at`, newest first."),
]

_STATUSES = {
    "payment_status": has_payment_status,
    "fulfilment_status": has_fulfilment_status,
    "return_status": has_return_status,
}


def apply_parameters(orders: OrderQuerySet, values: dict[str, Any]) -> OrderQuerySet:
    """Return the orders that match the values of ``LIST_PARAMETERS``, sorted."""
    lookups = {"status": "status__in", "created_after": "created_at__gte"}
    lookups["created_before"] = "created_at__lt"
    filters = {lookup: values[name] for name, lookup in lookups.items() if name in values}
    for name, condition in _STATUSES.items():
        if name in values:
            orders = orders.filter(condition(values[name]))
    return orders.filter(**filters).order_by(_ORDERINGS[values.get("ordering", "-created_at")])
