"""The base of the admin's classes: lists, forms that are saved once, and actions."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from shop.core.admin import state
from shop.core.admin.actions import ConfirmedActions
from shop.core.admin.forms import (
    Refusal,
    add_refusals,
    checked,
    refusals_of,
    validate_amount,
)
from shop.core.admin.waiting import Waiting
from shop.core.errors import NotFound, ShopError
from shop.core.form_keys import AlreadySent, KeyExpired, save_once
from shop.core.money import MAX_DIGITS

_REFUSED = (ShopError, IntegrityError, KeyExpired)


def is_amount(field: Any) -> bool:
    """Return whether a model's field is an amount, and not a percentage or either of both."""
    is_wide = isinstance(field, models.DecimalField) and field.max_digits == MAX_DIGITS
    return is_wide and field.name != "value"


class NotSaved(Exception):
    """The form is shown again, so that the transaction and the use of its key are rolled back."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response


class ShopModelAdmin(ConfirmedActions, admin.ModelAdmin):
    """Lists newest first, in pages of 50. Each form is saved once, and never half.

    A form that is refused, by a service, by a constraint or because of a change that was made
    meanwhile, is shown again with its input.
    """

    list_per_page = 50
    list_max_show_all = 50  # the fields of a form are limited (DATA_UPLOAD_MAX_NUMBER_FIELDS)
    show_full_result_count = False
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    argument_fields: ClassVar[dict[str, str]] = {}
    """The form's fields of the services' arguments, where their names differ."""
    waiting: ClassVar[tuple[Waiting, ...]] = ()
    """The rows that the first page of the admin counts."""

    class Media:
        css: ClassVar = {"all": ("shop/admin.css",)}

    def lock(self, request: HttpRequest, pk: Any) -> None:
        """Lock the row of an edit form, before anything that is locked after it."""
        rows = self.get_queryset(request).select_for_update(no_key=True, of=("self",))
        list(rows.filter(pk=pk))

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the row. The row of a form that was sent is locked first."""
        obj = super().get_object(request, object_id, from_field)
        if obj is None or request.method != "POST":
            return obj
        if not (
            self.has_change_permission(request, obj) or self.has_delete_permission(request, obj)
        ):
            return obj  # Django's view refuses it
        self.lock(request, obj.pk)
        return super().get_object(request, object_id, from_field)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Let the form show errors of services, and find changes that were made meanwhile."""
        return checked(super().get_form(request, obj, change=change, **kwargs), request)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Refuse decimals in amounts if the currency has none."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and is_amount(db_field):
            field.validators.append(validate_amount)
        return field

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Add the state of the row to the form."""
        form = context["adminform"].form
        if form.instance.pk is not None:
            context["form_state"] = state.sign_state(form)
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Save the form once, or show it with the errors."""
        show = partial(super().changeform_view, request, object_id, form_url, extra_context)
        return self.submit_once(request, show) if request.method == "POST" else show()

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Delete once, or show the page again with the error."""
        show = partial(super().delete_view, request, object_id, extra_context)
        if request.method != "POST":
            return show()
        return self.submit_once(request, show, show_errors=False)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Note that the form was saved."""
        _note_saved(request)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Note that the form was saved."""
        _note_saved(request)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Note that the form was saved."""
        _note_saved(request)
        return super().log_deletions(request, queryset)

    def save_form_once(
        self, request: HttpRequest, form: forms.Form, save: Callable[[], HttpResponse]
    ) -> HttpResponse | None:
        """Save a valid form on a page of its own. Return None after adding errors to the form.

        ``save`` runs in one transaction and returns a redirection.
        """
        try:
            return save_once(request, save)
        except AlreadySent as sent:
            if sent.is_same:
                return self._redirect_again(request, sent)
            add_refusals(form, [(None, _already_sent(sent))])
        except _REFUSED as error:
            add_refusals(form, refusals_of(error, self.argument_fields))
        return None

    def submit_once(
        self, request: HttpRequest, show: Callable[[], Any], *, show_errors: bool = True
    ) -> Any:
        """Return the response to a form of Django's own views."""
        try:
            return save_once(request, partial(_save, request, show))
        except NotSaved as error:
            return error.response
        except AlreadySent as sent:
            if sent.is_same or not show_errors:
                return self._redirect_again(request, sent)
            refusals: list[Refusal] = [(None, _already_sent(sent))]
        except _REFUSED as error:
            refusals = refusals_of(error, self.argument_fields)
            if isinstance(error, NotFound):  # there is no form to show any more
                return self._redirect_with(request, refusals, self._list_url())
        if not show_errors:
            return self._redirect_with(request, refusals, request.get_full_path())
        return self._show_refused(request, show, refusals)

    def _show_refused(
        self, request: HttpRequest, show: Callable[[], Any], refusals: list[Refusal]
    ) -> Any:
        """Show the form again, with its input and the errors."""
        request.refusals = refusals  # type: ignore[attr-defined]
        request.was_saved = False  # type: ignore[attr-defined]
        with transaction.atomic():
            response = show()
            if request.was_saved:  # type: ignore[attr-defined] # a form class without the errors
                transaction.set_rollback(True)
                return self._redirect_with(request, refusals, request.get_full_path())
        return response

    def _redirect_again(self, request: HttpRequest, sent: AlreadySent) -> HttpResponseRedirect:
        """Send the browser where it was sent when the form was saved."""
        self.message_user(request, _already_sent(sent), messages.WARNING)
        return HttpResponseRedirect(sent.location or self._list_url())

    def _redirect_with(
        self, request: HttpRequest, refusals: list[Refusal], url: str
    ) -> HttpResponseRedirect:
        for _, sentence in refusals:
            self.message_user(request, sentence, messages.ERROR)
        return HttpResponseRedirect(url)

    def _list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def _note_saved(request: HttpRequest) -> None:
    request.was_saved = True  # type: ignore[attr-defined]


def _save(request: HttpRequest, show: Callable[[], Any]) -> Any:
    """Return the response of a view that saved its form. Raises NotSaved if it did not."""
    request.was_saved = False  # type: ignore[attr-defined]
    response = show()
    if not request.was_saved:  # type: ignore[attr-defined]
        raise NotSaved(response)
    return response


def _already_sent(sent: AlreadySent) -> str:
    """Return the sentence, with a link to what was saved if that is known."""
    if not sent.location:
        return str(sent)
    return format_html('{} <a href="{}">Look at the result.</a>', str(sent), sent.location)
