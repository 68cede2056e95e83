"""The steps of an order in the admin: which of them its page offers, and what each does."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import services
from orders.admin_parts import Step
from orders.errors import ShippingHeld
from orders.models import Order, OrderItem
from orders.shown import statuses_of
from orders.states import SHIPPABLE, FulfilmentStatus, OrderStatus, sources_of
from shop.core.admin import Work

PERMISSION = "orders.change_order"


def staff_of(request: HttpRequest) -> User:
    """Return the signed-in user. Raises PermissionDenied without one."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _total(order: Order) -> tuple[Decimal, str]:
    return order.total, order.currency


def _as_staff(request: HttpRequest, service: Any, **kwargs: Any) -> Any:
    """Return a function that calls ``service`` for an order, with the signed-in user as actor."""
    call = partial(service, actor=staff_of(request), **kwargs)
    return lambda order: call(order_id=order.pk)


def _confirm(request: HttpRequest) -> Work:
    work = _as_staff(request, services.confirm_order, note="Confirmed by staff")
    return Work(work, amount=_total, note=_("The order can be shipped before it is paid."))


def _ship(request: HttpRequest) -> Work:
    begin = _as_staff(request, services.begin_fulfilment)
    note = "All units that are left are shipped. Authorised payments are captured before."
    return Work(begin, services.finish_fulfilment, amount=_total, note=note)


def _deliver(request: HttpRequest) -> Work:
    return Work(_as_staff(request, services.deliver_order), amount=_total)


def _cancel(request: HttpRequest) -> Work:
    work = _as_staff(request, services.cancel_order, note="Cancelled by staff")
    note = "Their units return to stock. A cancelled order cannot be opened again."
    return Work(work, amount=_total, note=note)


def _release(request: HttpRequest) -> Work:
    note = "The order can be shipped again. Look at its payment before."
    return Work(_as_staff(request, services.release_shipping), amount=_total, note=note)


def _revoke_links(_request: HttpRequest) -> Work:
    note = "Links in e-mails that were sent do not open the orders any more."
    return Work(lambda order: services.revoke_links(order_id=order.pk), note=note)


WORK: dict[str, tuple[str, Callable[[HttpRequest], Work]]] = {
    "confirm": ("confirmed", _confirm),
    "ship": ("shipped", _ship),
    "deliver": ("delivered", _deliver),
    "cancel": ("cancelled", _cancel),
    "release": ("released", _release),
    "revoke_links": ("changed", _revoke_links),
}
"""The verb and the work of each step by its name, which is also the name of its URL."""


def page_of_order(request: HttpRequest, order: Order) -> str:
    """Return the URL of an order's page; without the permission for it, that of the index."""
    may = request.user.has_perm
    if not (may("orders.view_order") or may(PERMISSION)):
        return reverse("admin:index")
    return reverse("admin:orders_order_change", args=[order.pk])


def steps_of(request: HttpRequest, order: Order, items: Sequence[OrderItem]) -> list[Step]:
    """Return the steps that the order's status allows, if the user may change orders.

    The page of a step asks its service, and says why it is refused.
    """
    if not request.user.has_perm(PERMISSION):
        return []
    return [_step(order, *step) for step in _offered(order, items)]


def steps_of_any(request: HttpRequest, order: Order) -> list[Step]:
    """Return the steps that do not depend on the status, which the page offers last."""
    slip = _step(order, "packing_slip", "Packing slip")
    if not request.user.has_perm(PERMISSION):
        return [slip]
    note_url = f"{reverse('admin:orders_ordernote_add')}?order={order.pk}"
    return [Step("Add a note", note_url), _step(order, "revoke_links", "Revoke links"), slip]


def _step(order: Order, name: str, label: str, reason: str = "") -> Step:
    return Step(label, reverse(f"admin:orders_order_{name}", args=[order.pk]), reason)


def _offered(order: Order, items: Sequence[OrderItem]) -> Iterator[tuple[str, ...]]:
    """Yield name and label of each step that the status allows, and why it is refused now."""
    is_left = order.restocked_at is None and any(item.quantity_left > 0 for item in items)
    if order.status in sources_of(OrderStatus.CONFIRMED):
        yield "confirm", "Confirm"
    if order.shipping_held:
        yield "release", "Release shipping"
    if order.status in SHIPPABLE and is_left:
        reason = ShippingHeld(order_id=order.pk).detail if order.shipping_held else ""
        yield "ship", "Ship everything that is left", reason
        yield "fulfil", "Ship some units", reason
    if _is_on_its_way(order):
        yield "deliver", "Deliver"
    is_free = order.status == OrderStatus.PAID and not order.total
    if order.status in sources_of(OrderStatus.CANCELLED) or is_free:
        yield "cancel", "Cancel"
    if services.may_change_contact(order, items):
        yield "contact", "Change addresses"


def _is_on_its_way(order: Order) -> bool:
    """Return whether fulfilments of a shipped order have not arrived yet."""
    shipped = {FulfilmentStatus.PARTLY_FULFILLED, FulfilmentStatus.FULFILLED}
    is_shipped = order.status in {OrderStatus.SHIPPED, OrderStatus.REFUNDED}
    return is_shipped and statuses_of(order).fulfilment_status in shipped
