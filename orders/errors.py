"""The errors of orders."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from orders.states import describe_status
from shop.core.errors import Conflict, InvalidField, NotFound, Unauthorized

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


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


class ShippingNotHeld(Conflict):
    """409: the shipping of the order is not held. Facts: order_id."""

    code = "shipping_not_held"
    message = _("The shipping of this order is not held.")
    example = {"order_id": 42}


class TotalChanged(Conflict):
    """409: prices changed. Facts: total, expected; amounts in the shop's currency; changes.

    Each of the changes has kind (item, discount, shipping, fee, tax), old (null if it is not
    known), new and reason; those of items have product_id and name too.
    """

    code = "total_changed"
    amounts = ("total", "expected")
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
    amounts = ("limit",)
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


class OrderNotChangeable(Conflict):
    """409: the addresses of the order cannot change any more. Facts: order_status."""

    code = "order_not_changeable"
    message = _("The addresses of this order cannot be changed any more. Please contact us.")
    example = {"order_status": "shipped"}


class AmountsWouldChange(Conflict):
    """409: an address would change amounts. Facts: amounts, shipping_total or tax_total or both."""

    code = "amounts_would_change"
    message = _(
        "At this address, shipping or tax would cost something else. Cancel the order, and place "
        "it again."
    )
    example = {"amounts": ["shipping_total"]}


class WithdrawalUnclear(Conflict):
    """409: the withdrawal does not say clearly which shipped units of which order it is about."""

    code = "withdrawal_unclear"
    message = _(
        "This withdrawal does not name shipped items of an order. Cancel the order or record the "
        "return there, and mark the withdrawal as handled."
    )


class WithdrawalHandled(Conflict):
    """409: the withdrawal was handled before."""

    code = "withdrawal_handled"
    message = _("This withdrawal has been handled already.")


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

    ``payment_status`` is that of the payment: ``authorised`` if the provider did not answer. If the
    authorisation has ended before, it is that of the order, such as ``voided``.
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


class ReturnLimit(Conflict):
    """409: more units than can be returned. Facts: product_id, name, available, reason.

    The reason is ``not_shipped`` (no unit was), ``in_return`` (all shipped units were returned, or
    are in returns that are requested or approved), ``quantity`` (fewer units are left) or
    ``not_announced`` (more units have arrived than the return is about).
    """

    code = "return_limit"
    field = "items"
    _MESSAGES: ClassVar[dict[str, "StrOrPromise"]] = {
        "not_shipped": _("{name} has not been shipped yet, and cannot be returned."),
        "in_return": _("All shipped units of {name} are part of a return already."),
        "not_announced": ngettext_lazy(
            "This return is about {available} unit of {name}.",
            "This return is about {available} units of {name}.",
            "available",
        ),
    }
    message = ngettext_lazy(
        "{available} unit of {name} can still be returned.",
        "{available} units of {name} can still be returned.",
        "available",
    )
    example = {"product_id": 7, "name": "Teapot", "available": 1, "reason": "quantity"}

    def template(self) -> "StrOrPromise":
        """Choose by the reason."""
        return self._MESSAGES.get(self.facts["reason"], self.message)


class ReturnWindowClosed(Conflict):
    """409: the time for returns is over. Facts: ended_at, days."""

    code = "return_window_closed"
    message = ngettext_lazy(
        "Items can be returned within {days} day of their arrival. This time is over.",
        "Items can be returned within {days} days of their arrival. This time is over.",
        "days",
    )
    example = {"ended_at": "2026-12-23T10:00:00Z", "days": 30}


class ReturnNotOpen(Conflict):
    """409: the status of the return does not allow the step. Facts: return_status, wanted."""

    code = "illegal_transition"
    message = _("A return that is {return_status} cannot be {wanted}.")
    example = {"return_status": "rejected", "wanted": "received"}
    schema_name = "ReturnNotOpenProblem"

    def words(self) -> dict[str, Any]:
        """Name the statuses in the language of the sentence."""
        return {name: _RETURN_WORDS.get(text, text) for name, text in self.facts.items()}


_RETURN_WORDS = {
    "requested": pgettext_lazy("return", "requested"),
    "approved": pgettext_lazy("return", "approved"),
    "rejected": pgettext_lazy("return", "rejected"),
    "received": pgettext_lazy("return", "received"),
    "closed": pgettext_lazy("return", "closed"),
    "refunded": pgettext_lazy("return", "refunded"),
}


class CancellationLimit(Conflict):
    """409: more units than can be cancelled any more. Facts: product_id, name, available."""

    code = "cancellation_limit"
    field = "items"
    message = ngettext_lazy(
        "{available} unit of {name} can still be cancelled.",
        "{available} units of {name} can still be cancelled.",
        "available",
    )
    example = {"product_id": 7, "name": "Teapot", "available": 1}
