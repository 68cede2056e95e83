"""Pages with a form, followed by a page that shows what the form will change.

The second page is what the work does in a transaction that is rolled back. It has the input in
hidden fields, and a signed digest of what it shows: if the work would change something else when
it is confirmed, nothing is changed, and the page is shown again.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from shop.core.admin.base import ShopModelAdmin
from shop.core.admin.forms import add_refusals, refusals_of
from shop.core.errors import ShopError
from shop.core.form_keys import FIELD

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Effect = tuple[str, str]
"""What is changed, and how, in words."""

_DIGEST, _EDIT = "digest", "_edit"
_HIDDEN = frozenset({_DIGEST, _EDIT, FIELD, "csrfmiddlewaretoken"})
_signer = Signer(salt="shop.core.admin.form_steps")


class EffectsChanged(Exception):
    """The work would change something else than what was confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStep:
    """What a form does with a row.

    ``begin`` writes, in a transaction, and reads the input from the form, which is valid then.
    ``effects`` gets what ``begin`` returned, and reads in the same transaction what was changed.
    ``finish`` gets it after the commit, may call a service outside the database, and returns a
    message. ``back`` is the page of ``row``, which may not be saved yet: then ``begin`` returns it.
    The browser goes to ``location`` of what ``begin`` returned then, without it to ``back``.
    """

    row: Model
    title: "StrOrPromise"
    submit: "StrOrPromise"
    """The label of the button."""
    back: str
    begin: Callable[[], Any]
    effects: Callable[[Any], Sequence[Effect]]
    finish: Callable[[Any], str]
    location: Callable[[Any], str] | None = None
    changed: Callable[[Any], Sequence[Model]] | None = None
    """The rows that ``begin`` has changed, for the history, if they are others than ``row``."""
    note: "StrOrPromise" = ""
    """A sentence above the form."""
    template: str = "form_step"
    """The page with the form, below the folder ``admin``."""


class FormStepAdmin(ShopModelAdmin):
    """The base of an admin whose steps have a form."""

    def act_by_form(self, request: HttpRequest, form: forms.Form, step: FormStep) -> HttpResponse:
        """Show the form, then what it will change, then change it. The form has the request's data.

        An error of ``begin`` is shown at the form.
        """
        response = None
        if request.method == "POST" and form.is_valid() and _EDIT not in request.POST:
            is_confirmed = _DIGEST in request.POST
            response = (self._do if is_confirmed else self._preview)(request, form, step)
        if response is not None:
            return response
        return self._step_page(
            request, step, step.template, form=form, media=self.media + form.media
        )

    def _preview(
        self, request: HttpRequest, form: forms.Form, step: FormStep, *, is_changed: bool = False
    ) -> HttpResponse | None:
        """Return the page that asks for confirmation; None after adding errors to the form."""
        try:
            with transaction.atomic():
                effects = step.effects(step.begin())
                transaction.set_rollback(True)
        except (ShopError, IntegrityError) as error:
            add_refusals(form, refusals_of(error, self.argument_fields))
            return None
        hidden = [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in _HIDDEN
        ]
        digest = _signer.sign(_digest(request, effects))
        context = {"effects": effects, "is_changed": is_changed, "edit": _EDIT}
        hidden.append((_DIGEST, digest))
        return self._step_page(request, step, "confirm_form_step", **context, hidden=hidden)

    def _do(self, request: HttpRequest, form: forms.Form, step: FormStep) -> HttpResponse | None:
        """Do the work once; return None after adding errors to the form."""
        begun: list[Any] = []

        def begin() -> HttpResponse:
            result = step.begin()
            if not _was_shown(request, step.effects(result)):
                raise EffectsChanged
            begun.append(result)
            return HttpResponseRedirect(step.location(result) if step.location else step.back)

        try:
            response = self.save_form_once(request, form, begin)
        except EffectsChanged:
            return self._preview(request, form, step, is_changed=True)
        if response is not None and begun:  # not if the form was sent before
            self._finish_step(request, step, begun[-1])
        return response

    def _finish_step(self, request: HttpRequest, step: FormStep, begun: Any) -> None:
        try:
            message = step.finish(begun)
        except ShopError as error:
            messages.error(request, f"{step.row}: {error.detail}")
            return
        if step.changed is not None:
            for row in step.changed(begun):
                self.log_change(request, row, message)
        elif step.row.pk is None:
            self.log_addition(request, begun, message)
        else:
            self.log_change(request, step.row, message)
        messages.success(request, message)

    def _step_page(
        self, request: HttpRequest, step: FormStep, template: str, **context: Any
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": step.title,
            "opts": step.row._meta,  # noqa: SLF001 - documented by Django
            "step": step,
        }
        request.current_app = self.admin_site.name
        return render(request, f"admin/{template}.html", context)


def _digest(request: HttpRequest, effects: Sequence[Effect]) -> str:
    shown = [request.path, request.user.pk, list(effects)]
    return sha256(json.dumps(shown).encode()).hexdigest()


def _was_shown(request: HttpRequest, effects: Sequence[Effect]) -> bool:
    """Return whether the page that was confirmed has shown these effects."""
    try:
        return _signer.unsign(request.POST[_DIGEST]) == _digest(request, effects)
    except BadSignature:
        return False
