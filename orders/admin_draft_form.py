"""The form of the admin with which staff prepare a draft, and what the draft costs then."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminIntegerFieldWidget,
    AdminTextareaWidget,
    AdminTextInputWidget,
    AutocompleteSelect,
)
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cart.configuration import current_configuration
from cart.drafts import view_draft
from cart.models import (
    EMAIL_LENGTH,
    MAX_ITEMS,
    MAX_LINK_HOURS,
    MAX_QUANTITY,
    NOTE_LENGTH,
    VOUCHER_CODE_LENGTH,
    CartItem,
    Draft,
)
from cart.pricing import Totals
from cart.problems import is_blocking, problems_of
from cart.serializers.drafts import DraftChangesSerializer
from catalog.models import Product
from shop.core.admin import Effect
from shop.core.admin.forms import validate_amount
from shop.core.admin.request_forms import FieldGroup, RequestForm, address_fields
from shop.core.language_codes import languages_of_buyers
from shop.core.money import MAX_DIGITS, currency, show
from shop.core.phones import PHONE_LENGTH
from shop.core.postal_addresses import PostalAddress

_NEW_ITEMS = 5
"""How many further items the form has fields for. Saving it offers as many again."""
_ADDRESSES = {"shipping_address": "Shipping address", "billing_address": "Billing address"}
_TEXTS = ("email", "phone", "shipping_method", "note", "language")


class DraftForm(RequestForm):
    """Who gets the draft, its items, addresses and shipping method."""

    serializer_class = DraftChangesSerializer

    customer_id = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("Customer"),
        help_text=_("Whose order it becomes. Leave it empty for a guest."),
        widget=AutocompleteSelect(Draft._meta.get_field("customer"), admin.site),  # noqa: SLF001 - documented by Django
    )
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=EMAIL_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
        help_text=_("Who gets the link. Empty: the address of the customer."),
    )
    phone = forms.CharField(
        label=_("Phone number"),
        max_length=PHONE_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
    )
    language = forms.ChoiceField(
        choices=lambda: [("", "---------"), *languages_of_buyers().items()],
        required=False,
        help_text=_("Of the messages."),
    )
    shipping_method = forms.ChoiceField(
        required=False, help_text=_("Empty: the cheapest that is available.")
    )
    voucher_codes = forms.CharField(
        required=False, widget=AdminTextInputWidget, help_text=_("Separate several by commas.")
    )
    note = forms.CharField(
        max_length=NOTE_LENGTH,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("The note of the buyer, which is copied to the order."),
    )
    link_hours = forms.IntegerField(
        min_value=1,
        max_value=MAX_LINK_HOURS,
        required=False,
        widget=AdminIntegerFieldWidget,
        help_text=f"How long the order can be paid by the link. "
        f"Empty: {settings.DRAFT_LINK_HOURS} hours.",
    )

    def __init__(self, draft: Draft | None, data: Any = None, *, may_override: bool) -> None:
        """Show what the draft has, and fields for further items."""
        super().__init__(data)
        self.may_override = may_override
        self.fields["customer_id"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]
        methods = current_configuration().pricing.shipping_methods
        choices = [("", "---------"), *((each.code, each.name) for each in methods)]
        self.fields["shipping_method"].choices = choices  # type: ignore[attr-defined]
        self.items = _items_of(draft)
        self._add_items()
        for name in _ADDRESSES:
            address = PostalAddress.from_json(getattr(draft.cart, name) if draft else None)
            self.fields |= address_fields(name, current_configuration().countries, address)
        if draft is not None:
            self._show(draft)

    def _add_items(self) -> None:
        count = min(MAX_ITEMS, len(self.items) + _NEW_ITEMS)
        products = Product.objects.not_archived().filter(has_variants=False)
        for number in range(count):
            item = self.items[number] if number < len(self.items) else None
            self.fields[f"item_{number}_product"] = forms.ModelChoiceField(
                products,
                label=_("Product"),
                required=False,
                initial=item and item.product_id,
                widget=AutocompleteSelect(CartItem._meta.get_field("product"), admin.site),  # noqa: SLF001 - documented by Django
            )
            self.fields[f"item_{number}_quantity"] = forms.IntegerField(
                label=_("Quantity"),
                required=False,
                min_value=0,
                max_value=MAX_QUANTITY,
                initial=item.quantity if item else None,
                widget=AdminIntegerFieldWidget,
            )
            if self.may_override:
                self.fields[f"item_{number}_price"] = _price_field(item)

    def _show(self, draft: Draft) -> None:
        """Show the members of a draft."""
        cart = draft.cart
        self.initial = {
            **{name: getattr(cart, name) for name in _TEXTS},
            "customer_id": draft.customer_id,
            "link_hours": draft.link_hours,
            "voucher_codes": ", ".join(cart.voucher_codes),
        }
        choices = dict(self.fields["shipping_method"].choices)  # type: ignore[attr-defined]
        if cart.shipping_method not in choices:  # it is not offered any more
            choices[cart.shipping_method] = cart.shipping_method
            self.fields["shipping_method"].choices = list(choices.items())  # type: ignore[attr-defined]

    def groups(self) -> Iterator[FieldGroup]:
        """Yield the parts of the form."""
        yield FieldGroup("For", [self[name] for name in ("customer_id", "email", "phone")])
        rows = sum(name.endswith("_product") for name in self.fields)
        names = ("product", "quantity", *(["price"] if self.may_override else []))
        lines = [[self[f"item_{row}_{name}"] for name in names] for row in range(rows)]
        note = "Save the draft to get fields for more items. Quantity 0 removes an item."
        if self.may_override:
            note += " A price of your own replaces that of the product."
        yield FieldGroup("Items", lines=lines, note=note)
        for name, label in _ADDRESSES.items():
            note = "" if name == "shipping_address" else "Empty: the same as the shipping address."
            fields = [self[each] for each in self.fields if each.startswith(f"{name}_")]
            yield FieldGroup(label, fields, note=note)
        others = ("shipping_method", "voucher_codes", "note", "language", "link_hours")
        yield FieldGroup("Order", [self[name] for name in others])

    def clean(self) -> dict[str, Any]:
        """Refuse an item without a quantity, and the reverse."""
        for number in range(sum(name.endswith("_product") for name in self.fields)):
            product = self.cleaned_data.get(f"item_{number}_product")
            quantity = self.cleaned_data.get(f"item_{number}_quantity")
            if product is not None and quantity is None:
                self.add_error(f"item_{number}_quantity", "Enter the quantity.")
            if quantity and product is None:
                self.add_error(f"item_{number}_product", "Choose a product.")
        return super().clean()

    def request_body(self) -> dict[str, Any]:
        """Return the members that were changed."""
        changed, values = self.changed_data, self.cleaned_data
        body: dict[str, Any] = {
            name: values[name] or None for name in (*_TEXTS, "link_hours") if name in changed
        }
        if "customer_id" in changed:
            body["customer_id"] = values["customer_id"] and values["customer_id"].pk
        if "voucher_codes" in changed:
            codes = (code.strip() for code in values["voucher_codes"].split(","))
            body["voucher_codes"] = [code[: VOUCHER_CODE_LENGTH + 1] for code in codes if code]
        for name in _ADDRESSES:
            if any(each.startswith(f"{name}_") for each in changed):
                address = self.address(name)
                body[name] = None if address == PostalAddress() else address.to_json()
        if any(name.startswith("item_") for name in changed):
            body["items"] = list(self._chosen_items())
        return body

    def _chosen_items(self) -> Iterator[dict[str, Any]]:
        """Yield the items. Staff who may not set prices keep those that were set before."""
        before = {item.product_id: item.price_override for item in self.items}
        for number in range(sum(name.endswith("_product") for name in self.fields)):
            product = self.cleaned_data[f"item_{number}_product"]
            quantity = self.cleaned_data[f"item_{number}_quantity"]
            if product is None or not quantity:
                continue
            price = before.get(product.pk)
            if self.may_override:
                price = self.cleaned_data[f"item_{number}_price"]
            price_text = None if price is None else show(price)
            yield {"product_id": product.pk, "quantity": quantity, "price_override": price_text}


def _items_of(draft: Draft | None) -> list[CartItem]:
    if draft is None:
        return []
    return list(CartItem.objects.filter(cart_id=draft.cart_id).order_by("pk"))


def _price_field(item: CartItem | None) -> forms.DecimalField:
    return forms.DecimalField(
        label=f"Price in {currency()}",
        required=False,
        min_value=0,
        max_digits=MAX_DIGITS,
        decimal_places=2,
        initial=item.price_override if item else None,
        validators=[validate_amount],
    )


def describe(draft: Draft) -> Iterator[Effect]:
    """Yield what a draft contains and costs at current prices, and what it lacks to be sent."""
    cart = view_draft(draft)
    for item in cart.totals.items:
        price = f"{show(item.line_subtotal)} ({show(item.unit_price)} each)"
        yield f"{item.quantity} × {item.name}", price
    yield from _amounts(cart.totals)
    for problem in problems_of(cart):
        yield "Needed before it is sent" if is_blocking(problem) else "Note", problem.detail


def _amounts(totals: Totals) -> Iterator[Effect]:
    """Yield discounts, shipping, tax and total."""
    for discount in totals.discounts:
        yield discount.name, f"−{show(discount.amount)}"
    if totals.shipping_method is not None:
        yield f"Shipping: {totals.shipping_method.name}", show(totals.shipping_total)
    if totals.tax_total:
        label = "Tax (included)" if totals.prices_include_tax else "Tax"
        yield label, show(totals.tax_total)
    yield "Total", f"{show(totals.total)} {currency()}"
