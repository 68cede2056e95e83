"""Pages of the admin that change the money of an order with all of its payments."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from orders.admin_steps import page_of_order, staff_of
from orders.models import Order
from orders.shown import amount_due
from payments import services
from payments.admin_forms import CancelItemsForm, OrderRefundForm
from payments.methods import method_name
from payments.models import Payment, Refund
from shop.core.admin import Effect, FormStep
from shop.core.money import add_up, show

if TYPE_CHECKING:
    from orders.admin_search import FoundByOrder as _Base
else:
    _Base = object

REFUND, CANCEL = "payments.add_refund", "orders.change_order"
"""The permissions that the pages need, as the API does."""


class OrderMoneyPages(_Base):
    """A part of ``PaymentAdmin``."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages, which are linked from the page of the order."""
        view = self.admin_site.admin_view
        pages = {"refund": self.order_refund_view, "cancel-items": self.cancel_items_view}
        return [
            *(
                path(
                    f"orders/<int:order_id>/{name}/",
                    view(page),
                    name=f"payments_order_{name.replace('-', '_')}",
                )
                for name, page in pages.items()
            ),
            *super().get_urls(),
        ]

    def order_refund_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Refund items, the shipping, a return or an amount of an order."""
        order = _order(request, order_id, REFUND)
        form = OrderRefundForm(order, request.POST if request.method == "POST" else None)
        left = add_up(services.left_of(each) for each in services.refundable_payments(order.pk))
        actor = staff_of(request)
        step = FormStep(
            row=order,
            title=f"Refund {order}",
            submit=_("Refund"),
            back=page_of_order(request, order),
            begin=lambda: services.begin_order_refund(
                order_id=order.pk, wanted=form.wanted, actor=actor
            ),
            effects=lambda refund_id: list(_effects_of_refunds(refund_id)),
            finish=_send,
            note=f"{show(left)} {order.currency} can be refunded.",
        )
        return self.act_by_form(request, form, step)

    def cancel_items_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Cancel units of an order that were not shipped."""
        order = _order(request, order_id, CANCEL)
        form = CancelItemsForm(order, request.POST if request.method == "POST" else None)
        actor = staff_of(request)
        step = FormStep(
            row=order,
            title=f"Cancel items of {order}",
            submit=_("Cancel items"),
            back=page_of_order(request, order),
            begin=lambda: services.cancel_items(order_id=order.pk, units=form.units, actor=actor),
            effects=lambda _done: list(_effects_of_cancellation(order, form)),
            finish=partial(_finish_cancellation, order),
            note=_("The units return to stock, and what was paid for them is refunded."),
        )
        return self.act_by_form(request, form, step)


def _order(request: HttpRequest, order_id: int, permission: str) -> Order:
    """Return an order. Raises PermissionDenied, Http404."""
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return get_object_or_404(Order, pk=order_id)


def _effects_of_refunds(refund_id: int) -> Iterator[Effect]:
    """Yield what the refunds of one request return, and what happens to the units."""
    refunds = services.refunds_of_request(refund_id)
    for refund in refunds:
        amount = f"{show(refund.amount)} {refund.payment.currency}"
        how = "returned by hand" if refund.by_hand else method_name(refund.payment.method)
        yield f"Refund of payment {refund.payment_id} ({how})", amount
    for each in (each for refund in refunds for each in refund.items.all()):
        yield f"{each.quantity} × {each.item.name}", f"{show(each.amount)}, tax {show(each.tax)}"
    shipping = add_up(refund.shipping for refund in refunds)
    if shipping:
        yield "Shipping", show(shipping)
    if any(refund.restock for refund in refunds):
        names_items = any(refund.items.all() for refund in refunds)
        yield "Stock", "The units return to stock." if names_items else "All units return to stock."
    if refunds[0].reason:
        yield "Reason", refunds[0].reason


def _send(refund_id: int) -> str:
    """Send the refunds of one request, and say what became of them."""
    refunds = [services.send_refund(each) for each in services.refunds_of_request(refund_id)]
    sent = (f"{each}: {each.status}" for each in refunds)
    return f"{', '.join(sent)}."


def _effects_of_cancellation(order: Order, form: CancelItemsForm) -> Iterator[Effect]:
    """Yield which units are cancelled, what they are worth, and what is refunded of it.

    ``order`` was read before the work.
    """
    after = Order.objects.get(pk=order.pk)
    for item in order.items.order_by("pk"):
        if item.product_id in form.units:
            yield f"{form.units[item.product_id]} × {item.name}", "Cancelled, returns to stock"
    if after.status != order.status:
        yield "Status of the order", str(after.get_status_display())
    less = after.amount_cancelled - order.amount_cancelled
    if less:
        yield "Worth", f"{show(less)} {order.currency}"
    for refund in _new_refunds(order):
        yield f"Refund of payment {refund.payment_id}", f"{show(refund.amount)} {order.currency}"
    for payment in Payment.objects.open().filter(order=order).order_by("pk"):
        yield f"Payment {payment.pk} asks for", f"{show(payment.amount)} {payment.currency}"
    yield "To be paid", f"{show(amount_due(after))} {order.currency}"


def _new_refunds(order: Order) -> list[Refund]:
    refunds = Refund.objects.pending().filter(payment__order=order, of_cancellation=True)
    return list(refunds.order_by("pk"))


def _finish_cancellation(order: Order, _done: None) -> str:
    services.send_refunds_of_cancellations(order.pk)
    return f"Cancelled items of {order}."
