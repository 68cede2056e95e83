"""The page of the admin that changes addresses and contact of an order before it is shipped."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cart.configuration import current_configuration
from orders import services
from orders.admin_steps import page_of_order, staff_of
from orders.models import AddressKind, Order
from orders.models.orders import EMAIL_LENGTH
from orders.serializers.contact import ChangeOrderSerializer
from orders.services import addresses_of
from shop.core.admin import Effect, FormStep
from shop.core.admin.request_forms import FieldGroup, RequestForm, address_fields
from shop.core.phones import PHONE_LENGTH
from shop.core.postal_addresses import PostalAddress

_ADDRESSES = {
    "shipping_address": (AddressKind.SHIPPING.value, "Shipping address"),
    "billing_address": (AddressKind.BILLING.value, "Billing address"),
}
_NOBODY = PostalAddress()


class ContactForm(RequestForm):
    """Addresses, phone number and e-mail address of an order."""

    serializer_class = ChangeOrderSerializer

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=EMAIL_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
        help_text=_("Links that were sent to the former address become invalid."),
    )
    phone = forms.CharField(max_length=PHONE_LENGTH, required=False, widget=AdminTextInputWidget)

    def __init__(self, order: Order, data: Any = None) -> None:
        """Show what the order has."""
        super().__init__(data, initial={"email": order.email, "phone": order.phone})
        self.order, self.before = order, addresses_of(order)
        countries = current_configuration().countries
        for name, (kind, _label) in _ADDRESSES.items():
            address = self.before.get(kind, _NOBODY)
            self.fields |= address_fields(name, countries, address)

    def groups(self) -> Iterator[FieldGroup]:
        """Yield the parts of the form."""
        yield FieldGroup("Contact", [self["email"], self["phone"]])
        for name, (_kind, label) in _ADDRESSES.items():
            note = "" if name == "shipping_address" else "Empty: the same as the shipping address."
            fields = [self[each] for each in self.fields if each.startswith(name)]
            yield FieldGroup(label, fields, note=note)

    def request_body(self) -> dict[str, Any]:
        """Return what differs from the order."""
        body: dict[str, Any] = {
            name: self.cleaned_data[name]
            for name in ("email", "phone")
            if self.cleaned_data[name] != getattr(self.order, name)
        }
        for name, (kind, _label) in _ADDRESSES.items():
            address = self.address(name)
            if address != self.before.get(kind, _NOBODY):
                is_removed = address == _NOBODY and kind == AddressKind.BILLING
                body[name] = None if is_removed else address.to_json()
        return body


def contact_step(request: HttpRequest, order: Order, form: ContactForm) -> FormStep:
    """Return how a form changes the addresses of an order."""
    actor = staff_of(request)

    def change() -> None:
        services.change_contact(
            order_id=order.pk, changes=form.validated, actor=actor, is_late=True
        )

    return FormStep(
        row=order,
        title=f"Change the addresses of {order}",
        submit=_("Change addresses"),
        back=page_of_order(request, order),
        begin=change,
        effects=lambda _done: list(_effects(order, form.before)),
        finish=lambda _done: f"Changed addresses of {order}.",
        note=_(
            "The amounts of the order stay. An address at which shipping or tax would cost "
            "something else is refused."
        ),
    )


def _effects(order: Order, before: Mapping[str, PostalAddress]) -> Iterator[Effect]:
    """Yield what is different now. ``order`` and ``before`` were read before the change."""
    changed, after = Order.objects.get(pk=order.pk), addresses_of(order)
    for name, label in (("email", "E-mail address"), ("phone", "Phone number")):
        if getattr(changed, name) != getattr(order, name):
            yield label, f"{getattr(order, name) or '–'} → {getattr(changed, name) or '–'}"
    for kind, label in _ADDRESSES.values():
        former, new = before.get(kind, _NOBODY), after.get(kind, _NOBODY)
        if former != new:
            yield f"{label}, before", _text(former)
            yield f"{label}, new", _text(new)


def _text(address: PostalAddress) -> str:
    return "\n".join([*address.lines(), address.phone, address.vat_number]).strip() or "–"
