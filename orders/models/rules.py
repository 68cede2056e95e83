"""The rules of an order that the database checks."""

from django.db.models import BaseConstraint, CheckConstraint, F, Q, UniqueConstraint
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from orders.states import FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus

_SUM = F("subtotal") - F("discount_total") + F("shipping_total") + F("fee_total")
# Rounded, since SQLite adds decimals as floats.
_ADDS_UP = (
    Q(subtotal=None)
    | Q(prices_include_tax=True, total=Round(_SUM, precision=2))
    | Q(prices_include_tax=False, total=Round(_SUM + F("tax_total"), precision=2))
)
_AMOUNTS = ("discount_total", "shipping_total", "fee_total", "tax_total")
_WITHOUT_AMOUNTS = Q(
    subtotal=None, prices_include_tax=None, **{f"{name}__isnull": True for name in _AMOUNTS}
)
_WITH_AMOUNTS = Q(
    subtotal__gte=F("discount_total"),
    prices_include_tax__isnull=False,
    **{f"{name}__gte": 0 for name in _AMOUNTS},
    **{f"{name}__isnull": False for name in _AMOUNTS},
)

CONSTRAINTS: list[BaseConstraint] = [
    CheckConstraint(
        condition=Q(status__in=OrderStatus.values),
        name="order_status_known",
        violation_error_message=_("The status of an order must be one of the known statuses."),
    ),
    CheckConstraint(
        condition=Q(total__gte=0),
        name="order_total_not_negative",
        violation_error_message=_("The total of an order cannot be negative."),
    ),
    UniqueConstraint(
        fields=["number"],
        condition=Q(number__isnull=False),
        name="order_number_unique",
        violation_error_message=_("Another order has this number."),
    ),
    CheckConstraint(
        condition=Q(user__isnull=False) | ~Q(email=""),
        name="order_of_a_user_or_with_email",
        violation_error_message=_("The order of a guest must have an e-mail address."),
    ),
    CheckConstraint(
        condition=_ADDS_UP,
        name="order_total_adds_up",
        violation_error_message=_(
            "The total of an order must be its subtotal without discounts, with shipping, "
            "fee and tax."
        ),
    ),
    CheckConstraint(
        condition=_WITHOUT_AMOUNTS | _WITH_AMOUNTS,
        name="order_amounts_not_negative",
        violation_error_message=_("The amounts of an order cannot be negative."),
    ),
    CheckConstraint(
        condition=Q(amount_paid__gte=0, amount_paid__lte=F("total")),
        name="order_not_overpaid",
        violation_error_message=_("The amount paid must be from zero to the order's total."),
    ),
    CheckConstraint(
        condition=~Q(status=OrderStatus.PAID)
        | Q(amount_paid__gte=Round(F("total") - F("amount_cancelled"), precision=2)),
        name="order_paid_without_what_was_cancelled",
        violation_error_message=_(
            "The total of a paid order, without what was cancelled, must be paid in full."
        ),
    ),
    CheckConstraint(
        condition=~Q(status=OrderStatus.CANCELLED) | Q(amount_paid=F("amount_refunded")),
        name="order_without_money_when_cancelled",
        violation_error_message=_("A cancelled order cannot hold a payment."),
    ),
    CheckConstraint(
        condition=~Q(status=OrderStatus.CANCELLED)
        | Q(fulfilment_status=None)
        | Q(fulfilment_status=FulfilmentStatus.UNFULFILLED),
        name="order_cancelled_before_it_was_shipped",
        violation_error_message=_("An order cannot be cancelled once a part was shipped."),
    ),
    CheckConstraint(
        condition=Q(amount_cancelled__gte=0, amount_cancelled__lte=F("total")),
        name="order_cancelled_at_most_its_total",
        violation_error_message=_("The amount cancelled must be from zero to the order's total."),
    ),
    CheckConstraint(
        condition=Q(amount_committed__gte=0, amount_committed__lte=F("total")),
        name="order_committed_at_most_its_total",
        violation_error_message=_("The payments of an order cannot exceed the order's total."),
    ),
    # The previous release writes nothing else than 0, and knows no payment of a part: where one is
    # committed, it must not record a payment of the whole order in addition.
    CheckConstraint(
        condition=Q(amount_committed=0) | Q(amount_paid__lte=F("amount_committed")),
        name="order_paid_at_most_what_is_committed",
        violation_error_message=_("Only payments that were begun can pay an order."),
    ),
    CheckConstraint(
        condition=(
            (Q(payment_status=None) | Q(payment_status__in=OrderPaymentStatus.values))
            & (Q(fulfilment_status=None) | Q(fulfilment_status__in=FulfilmentStatus.values))
            & (Q(return_status=None) | Q(return_status__in=ReturnStatus.values))
        ),
        name="order_statuses_known",
        violation_error_message=_("The status of an order must be one of the known statuses."),
    ),
    CheckConstraint(
        condition=Q(amount_refunded__gte=0, amount_refunded__lte=F("amount_paid")),
        name="order_refunded_at_most_what_was_paid",
        violation_error_message=_("The amount refunded must be from zero to the amount paid."),
    ),
    CheckConstraint(
        condition=~Q(status=OrderStatus.REFUNDED) | Q(amount_refunded=F("amount_paid")),
        name="order_refunded_in_full",
        violation_error_message=_("A refunded order must be refunded in full."),
    ),
    CheckConstraint(
        condition=~Q(status=OrderStatus.CANCELLED) | Q(restocked_at=None),
        name="order_cancelled_is_restocked_by_that_alone",
        violation_error_message=_(
            "A cancelled order cannot have a restock date: "
            "its units returned to stock when it was cancelled."
        ),
    ),
]
