"""The query parameters of the list of payments."""

from typing import Any

from django.utils.translation import gettext as _

from payments import gateways
from payments.models import PaymentQuerySet, PaymentStatus
from shop.core.query import Parameter, choice_parameter, id_parameter, ordering_parameter

_ORDERINGS = {"created_at": "pk", "-created_at": "-pk"}  # ids rise with time


def _read_method(text: str) -> str:
    known = gateways.registered()
    if text not in known:
        raise ValueError(_("The value must be one of: {choices}.").format(choices=", ".join(known)))
    return text


LIST_PARAMETERS = [
    id_parameter("order_id", "The id of an order."),
    choice_parameter(
        "status", PaymentStatus.values, "A status. Repeat it to match any of several."
    ),
    Parameter(
        "method", {"type": "string"}, "A payment method, also one of the past.", read=_read_method
    ),
    ordering_parameter(list(_ORDERINGS), "The default is `-created_at`, newest first."),
]


def apply_parameters(payments: PaymentQuerySet, values: dict[str, Any]) -> PaymentQuerySet:
    """Return the payments that match the values of ``LIST_PARAMETERS``, sorted."""
    lookups = {"order_id": "order_id", "status": "status__in", "method": "method"}
    filters = {lookup: values[name] for name, lookup in lookups.items() if name in values}
    return payments.filter(**filters).order_by(_ORDERINGS[values.get("ordering", "-created_at")])
