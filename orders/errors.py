"""The errors of orders."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from orders.states import describe_status
from shop.core.errors import Conflict, InvalidField, NotFound, Unauthorized


class CartNotFound(NotFound):
    """404: the cart does not exist, or it belongs to another user."""

    code = "cart_not_found"
    field = "cart_id"
    message = _("You have no cart with this id.")


class OrderTokenInvalid(Unauthorized):
    """401: the order token is wrong, expired or revoked."""

    code = "order_token_invalid"
    message = _("This link to the order is not valid any more. Please request a new one.")


class OrderNotFound(NotFound):
    """404: the order does not exist, or you may not see it."""

    code = "not_found"


class CartEmpty(Conflict):
    """409: the cart has no items."""

    code = "cart_empty"
    reports_all = True
    field = "cart_id"
    message = _("Your cart is empty. Add a product before you place an order.")


class CartNotOpen(Conflict):
    """409: the cart has been ordered before. Facts: order_id, the order of the cart."""

    code = "cart_not_open"
    field = "cart_id"
    message = _("This cart has already been ordered, as order {order_id}.")
    example = {"order_id": 42}


class TotalChanged(Conflict):
    """409: prices changed. Facts: total, expected; amounts in the shop's currency; changes.

    Each of the changes has kind (item, discount, shipping, fee, tax), old (null if it is not
    known), new and reason; those of items have product_id and name too.
    """

    code = "total_changed"
    reports_all = True
    field = "expected_total"
    message = _("The total has changed from {expected} to {total}. Please check your order again.")
    example = {
        "total": "9.99",
        "expected": "8.99",
        "changes": [
            {
                "kind": "item",
                "product_id": 7,
                "name": "Tea",
                "old": "8.99",
                "new": "9.99",
                "reason": "price_changed",
            }
        ],
    }


class TotalLimit(Conflict):
    """409. Facts: limit, an amount in the shop's currency."""

    code = "total_limit"
    reports_all = True
    message = _("The total of an order cannot exceed {limit}. Lower the quantities.")
    example = {"limit": "9999999999.99"}


class OpenOrderLimit(Conflict):
    """409: the buyer has too many unpaid orders. Facts: limit, open_orders."""

    code = "open_order_limit"
    reports_all = True
    message = ngettext_lazy(
        "You have {open_orders} unpaid order. Pay or cancel it before you place another.",
        "You have {open_orders} unpaid orders. Pay or cancel one of them before you place another.",
        "open_orders",
    )
    example = {"limit": 5, "open_orders": 5}


class HeldUnitsLimit(Conflict):
    """409: the buyer's unpaid orders would hold too many units. Facts: limit, held, wanted."""

    code = "held_units_limit"
    reports_all = True
    message = _(
        "Unpaid orders can hold at most {limit} units. Yours hold {held}, and this cart has "
        "{wanted}. Pay an order first, or lower the quantities."
    )
    example = {"limit": 500, "held": 480, "wanted": 40}


class IllegalTransition(Conflict):
    """409: the order cannot take the status. Facts: order_status, wanted; values of OrderStatus."""

    code = "illegal_transition"
    message = _("An order that is {order_status} cannot become {wanted}.")
    example = {"order_status": "shipped", "wanted": "cancelled"}

    def words(self) -> dict[str, Any]:
        """Name the statuses in the language of the sentence."""
        return {name: describe_status(status) for name, status in self.facts.items()}


class ItemNotInOrder(InvalidField):
    """400: the order has no item of the product. Facts: field, reason, product_id."""

    code = "item_not_in_order"
    example = {
        "field": "items",
        "reason": "This order does not contain the product 7.",
        "product_id": 7,
    }


class ShippingHeld(Conflict):
    """409: the order must not be shipped until a person has looked at it. Facts: order_id."""

    code = "shipping_held"
    message = _("This order is held: look at its payment before you ship it.")
    example = {"order_id": 42}


class FulfilmentLimit(Conflict):
    """409: more units than are left to ship. Facts: product_id, name, available."""

    code = "fulfilment_limit"
    field = "items"
    message = ngettext_lazy(
        "{available} unit of {name} is left to ship.",
        "{available} units of {name} are left to ship.",
        "available",
    )
    example = {"product_id": 7, "name": "Teapot", "available": 1}


class PaymentNotCaptured(Conflict):
    """409: the payment cannot be captured now, so that nothing is shipped. Facts: payment_status.

    ``payment_status`` is that of the payment: ``authorised`` if the provider did not answer.
    """

    code = "payment_not_captured"
    message = _(
        "The authorised payment of this order could not be captured, so that nothing was shipped. "
        "Try again, or ask the buyer for another payment."
    )
    example = {"payment_status": "cancelled"}


class FulfilmentNotFound(NotFound):
    """404: the order has no fulfilment with this id, or you may not see it."""

    code = "not_found"


class FulfilmentNotOpen(Conflict):
    """409: the fulfilment does not allow the step. Facts: fulfilment_status, wanted."""

    code = "illegal_transition"
    message = _("A fulfilment that is {fulfilment_status} cannot become {wanted}.")
    example = {"fulfilment_status": "delivered", "wanted": "cancelled"}
    schema_name = "FulfilmentNotOpenProblem"

    def words(self) -> dict[str, Any]:
        """Name the statuses in the language of the sentence."""
        return {name: describe_status(status) for name, status in self.facts.items()}


class UnitsReturned(Conflict):
    """409: units of the fulfilment were returned. Facts: product_id, name."""

    code = "units_returned"
    message = _("Units of {name} were returned, so that this fulfilment cannot be cancelled.")
    example = {"product_id": 7, "name": "Teapot"}
