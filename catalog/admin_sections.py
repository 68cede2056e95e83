"""Sections of the page of a product in the admin: rows that belong to it, edited in its form.

A section adds fields to the form of the product. So they are saved in the same transaction, their
errors are shown in place, and they are compared with the rows as all fields of the form are
(``shop.core.admin.state``). Its template shows the fields.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.limits import MAX_STOCK, REASON_LENGTH
from catalog.products.models import Product

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Section:
    """The base of sections. One instance serves one request.

    ``template_name`` is empty if the form shows the fields itself.
    """

    template_name: ClassVar[str] = ""
    is_too_long = False
    """Whether the page has a list that cannot be edited instead of the rows."""
    form: Any
    """The form that has the fields."""

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        """Take the product of the page, None for a new one."""
        self.request, self.product = request, product

    def fields(self) -> dict[str, forms.Field]:
        """Return the fields for the form. A row that was not sent with a form has none."""
        raise NotImplementedError

    def bind(self, form: Any) -> None:
        """Take the form, and set the initial values of its other fields if the section has any."""
        self.form = form

    def clean(self) -> None:
        """Add errors to the form, whose fields are clean."""

    def save(self, product: Product) -> None:
        """Save the input of the valid form. The product is saved and locked."""

    def may(self, permission: str) -> bool:
        """Return whether the user has a permission of the catalog, such as ``add_product``."""
        return self.request.user.has_perm(f"catalog.{permission}")

    def is_sent(self, name: str) -> bool:
        """Return whether the form has a field: a new form has all, a sent one those it sent."""
        return self.request.method != "POST" or name in self.request.POST

    def value(self, name: str) -> Any:
        """Return the clean value of a field; None if it is not in the form or has an error."""
        return self.form.cleaned_data.get(name)


def difference(form: Any, name: str) -> int:
    """Return how many units an input adds to the stock with which the form was opened.

    The form has that stock in a hidden field, so that units which are sold meanwhile stay sold.
    Zero without an input. Raises ValidationError if the hidden field is missing.
    """
    target = form.cleaned_data.get(name)
    if target is None:
        return 0
    opened = form.fields[name].to_python(form.data.get(form[name].html_initial_name))
    if opened is None:
        raise ValidationError(_("The form has lost the stock that it showed. Open it again."))
    return int(target) - int(opened)


def stock_field(label: "StrOrPromise", stock: int) -> forms.IntegerField:
    """Return a field for the number of units that should be in stock; see ``difference``."""
    return forms.IntegerField(
        label=label,
        initial=stock,
        min_value=-MAX_STOCK,
        max_value=MAX_STOCK,
        required=False,
        show_hidden_initial=True,
    )


def reason_field() -> forms.CharField:
    """Return the field for the reason of changes of stock."""
    return forms.CharField(
        label=_("Reason for a change of stock"),
        max_length=REASON_LENGTH,
        required=False,
        widget=AdminTextInputWidget,
    )


REASON_MISSING = _("Give the reason for the change of stock, such as “Delivery” or “Count”.")
