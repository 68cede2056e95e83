"""The forms that decide about a return in the admin, and record which of its units arrived."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget, AdminTextareaWidget
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import services
from orders.models import Return, ReturnItem
from orders.models.orders import NOTE_LENGTH
from orders.models.returns import ReturnResolution
from orders.services.returns import Arrived
from shop.core.admin import Effect, FormStep

_RESTOCK = "restock_"


class RejectForm(forms.Form):
    """What the buyer is answered."""

    answer = forms.CharField(
        max_length=NOTE_LENGTH,
        required=False,
        widget=AdminTextareaWidget,
        help_text=_("The buyer reads it in a message."),
    )


class ApproveForm(RejectForm):
    """What the buyer is answered, and gets."""

    resolution = forms.ChoiceField(
        choices=ReturnResolution.choices, help_text=_("What the buyer gets for the units.")
    )


class ReceiveForm(forms.Form):
    """How many units of each item arrived, by default all, and whether they go into stock."""

    def __init__(self, row: Return, data: Any = None) -> None:
        """Add two fields for each item of the return."""
        super().__init__(data)
        self.row = row
        for each in row.items.select_related("item").order_by("pk"):
            self.fields |= dict(_fields_of(each))

    @property
    def arrived(self) -> dict[int, Arrived]:
        """The units that arrived, by product, of a valid form."""
        return {
            int(name.removeprefix(_RESTOCK)): Arrived(
                self.cleaned_data[f"units_{name.removeprefix(_RESTOCK)}"], restock
            )
            for name, restock in self.cleaned_data.items()
            if name.startswith(_RESTOCK)
        }


def _fields_of(each: ReturnItem) -> Iterator[tuple[str, forms.Field]]:
    name, product_id = each.item.name, each.item.product_id
    yield (
        f"units_{product_id}",
        forms.IntegerField(
            label=name,
            min_value=0,
            max_value=each.quantity,
            initial=each.quantity,
            widget=AdminIntegerFieldWidget,
            help_text=f"SKU {each.item.sku or '–'}, {each.quantity} announced. 0: none arrived.",
        ),
    )
    yield (
        f"{_RESTOCK}{product_id}",
        forms.BooleanField(label=_("Return these to stock"), required=False),
    )


def approve_step(row: Return, form: forms.Form, actor: User, back: str) -> FormStep:
    """Return the step that approves a return with the answer of a form."""
    approve = partial(services.approve_return, return_id=row.pk, actor=actor)
    return _step(row, "Approve", "Approved", back, lambda: approve(**form.cleaned_data), _decided)


def reject_step(row: Return, form: forms.Form, actor: User, back: str) -> FormStep:
    """Return the step that rejects a return with the answer of a form."""
    reject = partial(services.reject_return, return_id=row.pk, actor=actor)
    return _step(row, "Reject", "Rejected", back, lambda: reject(**form.cleaned_data), _decided)


def receive_step(row: Return, form: ReceiveForm, actor: User, back: str) -> FormStep:
    """Return the step that records the units of a form as arrived."""
    receive = partial(services.receive_return, return_id=row.pk, actor=actor, restock=False)
    return _step(row, "Receive", "Received", back, lambda: receive(arrived=form.arrived), _arrived)


def _step(row: Return, verb: str, done: str, back: str, begin: Any, effects: Any) -> FormStep:
    return FormStep(
        row=row,
        title=f"{verb} {row}",
        submit=verb,
        back=back,
        begin=begin,
        effects=lambda _begun: list(effects(row)),
        finish=lambda _begun: f"{done}: {row}.",
    )


def _decided(row: Return) -> Iterator[Effect]:
    """Yield what the buyer is written."""
    decided = Return.objects.get(pk=row.pk)
    yield "Status", decided.get_status_display()
    yield "The buyer gets", decided.get_resolution_display()
    yield "Answer to the buyer", decided.answer or "–"


def _arrived(row: Return) -> Iterator[Effect]:
    """Yield what arrived, and what goes into stock."""
    for each in row.items.select_related("item").order_by("pk"):
        arrived = f"{each.quantity_received} of {each.quantity} arrived"
        yield each.item.name, f"{arrived}, {each.quantity_restocked} into stock"
