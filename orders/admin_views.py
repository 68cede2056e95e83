"""The pages of an order's steps in the admin, each of which asks for confirmation."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, override

from orders import services
from orders.admin_contact import ContactForm, contact_step
from orders.admin_fulfilments import FulfilForm
from orders.admin_packing import contents_of
from orders.admin_steps import WORK, staff_of
from orders.models import AddressKind, Fulfilment, FulfilmentState, Order
from shop.core.admin import Work, reason_of
from shop.core.errors import ShopError

if TYPE_CHECKING:
    from shop.core.admin import ReadOnlyAdmin as _Base
else:
    _Base = object

_FULFILMENT_WORK: dict[str, tuple[str, Any, str]] = {
    "deliver": ("delivered", services.deliver_fulfilment, ""),
    "cancel": (
        "cancelled",
        services.cancel_fulfilment,
        "Its units can be shipped again. Money that was captured for it stays with the order.",
    ),
}


class StepViews(_Base):
    """A part of ``OrderAdmin``."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the steps."""
        return [*self._own_urls(), *super().get_urls()]

    def _own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        steps = [
            path(
                f"<int:order_id>/{name.replace('_', '-')}/",
                view(partial(self.step_view, name=name)),
                name=f"orders_order_{name}",
            )
            for name in WORK
        ]
        fulfilments = [
            path(
                f"<int:order_id>/fulfilments/<int:pk>/{name}/",
                view(partial(self.fulfilment_view, name=name)),
                name=f"orders_order_{name}_fulfilment",
            )
            for name in _FULFILMENT_WORK
        ]
        slip_of_fulfilment = path(
            "<int:order_id>/fulfilments/<int:pk>/packing-slip/",
            view(self.packing_slip_view),
            name="orders_order_fulfilment_slip",
        )
        slip = path(
            "<int:order_id>/packing-slip/",
            view(self.packing_slip_view),
            name="orders_order_packing_slip",
        )
        fulfil = path("<int:order_id>/fulfil/", view(self.fulfil_view), name="orders_order_fulfil")
        contact = path(
            "<int:order_id>/contact/", view(self.contact_view), name="orders_order_contact"
        )
        return [*steps, *fulfilments, fulfil, contact, slip, slip_of_fulfilment]

    def step_view(self, request: HttpRequest, order_id: int, name: str) -> HttpResponse:
        """Show what a step will do with an order; if the form was sent, do it."""
        order = self._order_to_change(request, order_id)
        verb, work = WORK[name]
        return self.act_on_one(request, order, verb, work(request))

    def fulfilment_view(
        self, request: HttpRequest, order_id: int, pk: int, name: str
    ) -> HttpResponse:
        """Show what will become of a fulfilment; if the form was sent, do it."""
        order = self._order_to_change(request, order_id)
        fulfilment = get_object_or_404(Fulfilment, pk=pk, order=order)
        verb, service, note = _FULFILMENT_WORK[name]
        actor = staff_of(request)
        work = Work(lambda row: service(fulfilment_id=row.pk, actor=actor), note=note)
        return self.act_on_one(request, fulfilment, verb, work, back=_page_of(order))

    def fulfil_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Show the form that ships units of an order; if it is valid, ship them."""
        order = self._order_to_change(request, order_id)
        form = FulfilForm(order, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            done = self._fulfil(request, order, form)
            if done is not None:
                return done
        begin = partial(services.begin_fulfilment, order_id=order.pk, actor=staff_of(request))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Ship units of {order}",
            "opts": self.opts,
            "order": order,
            "form": form,
            "reason": "" if form.is_bound else reason_of(order, lambda _order: begin()),
        }
        return render(request, "admin/orders/order/fulfil.html", context)

    def _fulfil(self, request: HttpRequest, order: Order, form: FulfilForm) -> HttpResponse | None:
        """Ship the units of a valid form; on an error, add it to the form and return None."""
        begun: list[int] = []

        def begin() -> HttpResponse:
            begun.append(
                services.begin_fulfilment(
                    order_id=order.pk,
                    actor=staff_of(request),
                    units=form.units,
                    tracking=form.tracking,
                )
            )
            return HttpResponseRedirect(_page_of(order))

        done = self.save_form_once(request, form, begin)
        if done is not None and begun:  # not if the form was sent before
            self._finish(request, order, begun[-1])
        return done

    def _finish(self, request: HttpRequest, order: Order, fulfilment_id: int) -> None:
        """Capture the payment and ship, or say why that is not possible."""
        try:
            fulfilment = services.finish_fulfilment(fulfilment_id)
        except ShopError as error:
            messages.error(request, f"{order}: {error.detail}")
            return
        self.log_change(request, order, f"{fulfilment} shipped.")
        messages.success(request, f"Shipped: {fulfilment} of {order}.")

    def contact_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Change the addresses of an order that is not shipped yet."""
        order = self._order_to_change(request, order_id)
        form = ContactForm(order, request.POST if request.method == "POST" else None)
        return self.act_by_form(request, form, contact_step(request, order, form))

    def packing_slip_view(
        self, request: HttpRequest, order_id: int, pk: int | None = None
    ) -> HttpResponse:
        """Show the page to print that goes with a fulfilment; without one, with what is left."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = get_object_or_404(self.get_queryset(request), pk=order_id)
        fulfilment = None
        if pk is not None:
            sent = order.fulfilments.exclude(status=FulfilmentState.CANCELLED)
            fulfilment = get_object_or_404(sent, pk=pk)
        context = {
            "number": order.shown_number,
            "order": order,
            "address": order.addresses.filter(kind=AddressKind.SHIPPING).first(),
            **contents_of(order, fulfilment),
        }
        with override(order.language or get_language()):
            return render(request, "admin/orders/order/packing_slip.html", context)

    def _order_to_change(self, request: HttpRequest, order_id: int) -> Order:
        """Return an order. Raises PermissionDenied, Http404."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        found: Order = get_object_or_404(self.get_queryset(request), pk=order_id)
        return found


def _page_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])
