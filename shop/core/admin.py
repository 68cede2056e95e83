"""Base classes of the admin: lists, error messages, and models that only actions change."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from shop.core.errors import ShopError

M = TypeVar("M", bound=Model)
_MAX_DIGITS = 18


class ShopModelAdmin(admin.ModelAdmin):
    """Lists newest first, in pages of 50, and shows errors of services as messages."""

    list_per_page = 50
    list_max_show_all = 50  # a form has 100 fields at most (DATA_UPLOAD_MAX_NUMBER_FIELDS)
    show_full_result_count = False
    ordering = ("-id",)

    class Media:
        css = {"all": ("shop/admin.css",)}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the error of a service, whose transaction was rolled back, as a message."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ShopError as error:
            return self._show_error(request, error)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the error of a service, whose transaction was rolled back, as a message."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ShopError as error:
            return self._show_error(request, error)

    def _show_error(self, request: HttpRequest, error: ShopError) -> HttpResponseRedirect:
        self.message_user(request, error.detail, messages.ERROR)
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        )

    def act(
        self, request: HttpRequest, rows: QuerySet[M], verb: str, service: Callable[[M], object]
    ) -> None:
        """Call ``service`` with each row, and show staff the rows that succeeded and the errors.

        At most one page of rows: each call is a transaction, and each error a message. ``verb`` is
        a past participle, such as "cancelled".
        """
        chosen = list(rows[: self.list_per_page + 1])
        if len(chosen) > self.list_per_page:
            message = f"Choose at most {self.list_per_page} at a time; nothing was changed."
            self.message_user(request, message, messages.ERROR)
            return
        done = [str(row) for row in chosen if self._act_on(request, row, verb, service)]
        if done:
            message = f"{verb.capitalize()}: {', '.join(done)}."
            self.message_user(request, message, messages.SUCCESS)

    def _act_on(
        self, request: HttpRequest, row: M, verb: str, service: Callable[[M], object]
    ) -> bool:
        try:
            service(row)
        except ShopError as error:
            self.message_user(request, f"{row}: {error.detail}", messages.ERROR)
            return False
        self.log_change(request, row, f"{verb.capitalize()}.")
        return True


class ReadOnlyAdmin(ShopModelAdmin):
    """Shows rows. Users who may change them can run the actions, but not edit a row."""

    number_fields: tuple[str, ...] = ("pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: services create the rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False for a row, so that its page has no form; actions have no row here."""
        return obj is None and bool(self.actions) and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: rows are kept for audits."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search ``number_fields`` for a number, which needs an index only; other terms as text."""
        term = search_term.strip().casefold()
        if term.isascii() and term.isdigit() and len(term) <= _MAX_DIGITS:
            numbers: list[Any] = [(name, int(term)) for name in self.number_fields]
            return queryset.filter(Q.create(numbers, connector=Q.OR)), False
        return super().get_search_results(request, queryset, term)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return every field, also those that are not editable."""
        extra = [name for name in self.readonly_fields if isinstance(name, str)]
        return [field.name for field in self.opts.fields] + extra


class ReadOnlyInline(admin.TabularInline):
    """Shows related rows on the page of a row."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return True: a user who may view the row may view the related rows."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False
