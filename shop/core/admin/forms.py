"""Forms of the admin: errors of services at their fields, and changes made by others meanwhile."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shop.core.admin import state
from shop.core.constraints import violation_of
from shop.core.errors import InvalidField, RequestInProgress, ShopError
from shop.core.money import is_payable

Refusal = tuple[str | None, str]
"""The name of a form's field, or None for the form as a whole, and a sentence."""

_IN_PROGRESS = _("This form is still being saved. Look at the result before you send it again.")
_CHANGED = _(
    "Nothing was saved, because somebody made a change after you opened the form. Look at the "
    "fields below: those that you did not change show their new value. Saving again stores what "
    "the form shows now."
)


def validate_amount(amount: Decimal) -> None:
    """Raise ValidationError for an amount with more decimals than the currency has."""
    if not is_payable(amount):
        raise ValidationError(_("The currency has no decimals."))


def refusals_of(error: Exception, names: Mapping[str, str]) -> list[Refusal]:
    """Return what a form says about an error of a service or of a constraint.

    ``names`` maps arguments of the service to fields of the form, where they differ. Raises
    ``error`` if it is not one that can be explained.
    """
    if isinstance(error, IntegrityError):
        violation = violation_of(error)
        if violation is None:
            raise error
        fields, sentence = violation.fields[-1:], violation.message
    elif isinstance(error, RequestInProgress):
        fields, sentence = (), str(_IN_PROGRESS)
    elif isinstance(error, ShopError):
        is_plain = type(error) is InvalidField
        fields, sentence = tuple(error.fields), error.facts["reason"] if is_plain else error.detail
    else:
        fields, sentence = (), str(error)
    return [(names.get(field, field), sentence) for field in fields] or [(None, sentence)]


def add_refusals(form: forms.BaseForm, refusals: Iterable[Refusal]) -> None:
    """Add errors to a form that was validated, at their fields where the form has them."""
    for name, sentence in refusals:
        form.add_error(name if name in form.fields else None, sentence)


class CheckedForm(forms.BaseModelForm):
    """The base of the admin's model forms. ``checked`` adds it."""

    refusals: ClassVar[list[Refusal]]

    def full_clean(self) -> None:
        """Also add the errors of the services, and compare the row with the state of the form."""
        super().full_clean()
        if not self.is_bound:
            return
        add_refusals(self, self.refusals)
        if self.instance.pk is not None and state.FIELD in self.data:
            self._add_conflicts(self.data[state.FIELD])

    def _add_conflicts(self, token: str) -> None:
        try:
            conflicts = state.find_conflicts(self, token)
        except ValidationError as error:
            self.add_error(None, error)
            return
        for conflict in conflicts:
            if not conflict.is_touched:
                _show_initial(self.fields[conflict.name])
            self.add_error(conflict.name, conflict.sentence)
        if conflicts:
            self.add_error(None, _CHANGED)


def checked(form: type[Any], request: HttpRequest) -> type[Any]:
    """Return the form class with ``CheckedForm`` as its base, for one request."""
    refusals = getattr(request, "refusals", [])
    return type(form.__name__, (CheckedForm, form), {"refusals": refusals})


def _show_initial(field: forms.Field) -> None:
    """Let a field that was sent show the value of the row."""
    field.bound_data = lambda _data, initial: initial  # type: ignore[assignment,method-assign]
