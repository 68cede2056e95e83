"""The page that edits prices and publication of the products in a list, with a preview."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, cast

from django import forms
from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from catalog.exchange.admin import ExchangeAdmin
from catalog.history.services import Change
from catalog.products.models import Product
from catalog.products.services import ListedChanges, update_listed
from shop.core.admin import Effect, FormStep
from shop.core.admin.form_steps import FormStepAdmin
from shop.core.admin.forms import validate_amount
from shop.core.money import MAX_DIGITS, show

_NAME = re.compile("initial-(price|is_published)_([1-9][0-9]{0,17})")
"""The hidden fields with the values that the page has shown. Each row that was shown has one."""
_COLUMNS = ("price", "is_published")


class Row(NamedTuple):
    """A row of the table."""

    product: Product
    cells: list[BoundField | None]


class ListForm(forms.Form):
    """A price and a checkbox for each product. Only those that were changed are saved.

    The values that the form has shown are in hidden fields. A value that was changed meanwhile is
    refused once.
    """

    def __init__(self, products: Sequence[Product], data: Any, *, is_complete: bool) -> None:
        """Take the products of the list, and whether they are all that the form was sent for.

        A variant shares its publication with its product.
        """
        super().__init__(data)
        self.products, self.is_complete = products, is_complete
        for product in products:
            if not product.has_variants:
                self.fields[f"price_{product.pk}"] = _price_field(product)
            if product.parent_id is None:
                self.fields[f"is_published_{product.pk}"] = _publication_field(product)

    def rows(self) -> list[Row]:
        """Return the rows for the template."""
        return [
            Row(product, [self._cell(product, column) for column in _COLUMNS])
            for product in self.products
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse values that were changed since the form was opened, and a form without changes."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.is_complete:
            self.add_error(None, _("Some products were archived since you opened the page."))
        elif not self.changed_data and not self.errors:
            self.add_error(None, _("No row was changed."))
        for name in self.changed_data:
            self._compare(name)
        return cleaned

    def changes(self) -> dict[int, ListedChanges]:
        """Return the changes of each product."""
        changes: dict[int, Any] = {}
        for name in self.changed_data:
            column, _sep, pk = name.rpartition("_")
            changes.setdefault(int(pk), {})[column] = self.cleaned_data[name]
        return changes

    def _compare(self, name: str) -> None:
        field, hidden = self.fields[name], self[name].html_initial_name
        shown = self.data.get(hidden)
        now = self.get_initial_for_field(field, name)
        if shown is None:
            sentence = _("This form has lost the values that it showed. Open the list again.")
            self.add_error(None, sentence)
        elif not _is_same(field, shown, now):
            sentence = _(
                "This was changed to %(value)s since you opened the page. Continue if you want to "
                "overwrite it."
            )
            self.add_error(name, sentence % {"value": _text_of(now)})
            data = cast("QueryDict", self.data).copy()
            data[hidden] = str(now)
            self.data = data

    def _cell(self, product: Product, column: str) -> BoundField | None:
        name = f"{column}_{product.pk}"
        return self[name] if name in self.fields else None


class ListEditingAdmin(FormStepAdmin, ExchangeAdmin):
    """The base of ``ProductAdmin``, with the page that edits its list."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(self.edit_view)
        return [path("edit/", view, name="catalog_product_edit"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Link to the page, for users who may use it."""
        context = {"may_edit": self.has_change_permission(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def edit_view(self, request: HttpRequest) -> HttpResponse:
        """Edit the products that the list with the same parameters shows."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        back = reverse("admin:catalog_product_changelist")
        if request.method == "POST":
            form = _sent_form(request, most=self.list_per_page)
        else:
            try:
                products = self.get_changelist_instance(request).result_list
            except IncorrectLookupParameters:
                return HttpResponseRedirect(back)
            present = [row for row in products if row.archived_at is None]
            form = ListForm(present, None, is_complete=True)
        note = _(
            "Nothing is changed before you have confirmed the preview. Prices are in %(currency)s."
        )
        step = FormStep(
            row=Product(),
            title=_("Edit prices and publication"),
            submit=_("Edit prices and publication"),
            back=f"{back}?{request.GET.urlencode()}",
            begin=lambda: update_listed(changes=form.changes()),
            effects=_effects,
            finish=lambda changes: _("Changed: %(products)s.") % {"products": _names(changes)},
            changed=lambda changes: list(_products(changes).values()),
            note=note % {"currency": settings.SHOP_CURRENCY},
            template="catalog/product/list_form",
        )
        return self.act_by_form(request, form, step)


def _sent_form(request: HttpRequest, *, most: int) -> ListForm:
    """Return the form that was sent, with its products in the order of the page."""
    found = (match[2] for match in map(_NAME.fullmatch, request.POST) if match)
    pks = list(dict.fromkeys(map(int, found)))
    products = Product.objects.not_archived().in_bulk(pks[:most])
    present = [products[pk] for pk in pks if pk in products]
    return ListForm(present, request.POST, is_complete=len(present) == len(pks))


def _price_field(product: Product) -> forms.DecimalField:
    return forms.DecimalField(
        label=_("Price"),
        initial=product.price,
        min_value=0,
        max_digits=MAX_DIGITS,
        decimal_places=2,
        validators=[validate_amount],
        show_hidden_initial=True,
    )


def _publication_field(product: Product) -> forms.BooleanField:
    return forms.BooleanField(
        label=_("Published"),
        initial=product.is_published,
        required=False,
        show_hidden_initial=True,
    )


def _is_same(field: forms.Field, shown: str, now: Any) -> bool:
    try:
        return bool(field.to_python(shown) == now)
    except forms.ValidationError:
        return False


def _text_of(value: Any) -> str:
    if isinstance(value, Decimal):
        return show(value)
    return _("yes") if value else _("no")


def _effects(changes: Iterable[Change]) -> list[Effect]:
    """Return what the preview says about each product."""
    changes = list(changes)
    products = _products(changes)
    labels = {"price": _("Price"), "is_published": _("Published")}
    effects: dict[int, list[str]] = {}
    for change in changes:
        values = {"field": labels[change.field]}
        values |= {"old": _text_of(change.old), "new": _text_of(change.new)}
        sentence = _("%(field)s: %(old)s → %(new)s") % values
        effects.setdefault(change.product_id, []).append(sentence)
    return [(str(products[pk]), "\n".join(sentences)) for pk, sentences in effects.items()]


def _products(changes: Iterable[Change]) -> dict[int, Product]:
    return Product.objects.in_bulk({change.product_id for change in changes})


def _names(changes: Iterable[Change]) -> str:
    return ", ".join(map(str, _products(changes).values()))
