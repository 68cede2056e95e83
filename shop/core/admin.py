"""What the desks of all apps share: lists, refusals, and rows that actions alone move."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from shop.core.errors import ShopError

M = TypeVar("M", bound=Model)
_MAX_DIGITS = 18


class DeskAdmin(admin.ModelAdmin):
    """What every list has: pages of 50, newest first, and refusals that are told, never a 500."""

    list_per_page = 50
    list_max_show_all = 50  # a form holds 100 fields (DATA_UPLOAD_MAX_NUMBER_FIELDS)
    show_full_result_count = False
    ordering = ("-id",)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Tell what a service refused; its transaction is undone."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ShopError as refusal:
            return self._refuse(request, refusal)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Tell what a service refused; its transaction is undone."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ShopError as refusal:
            return self._refuse(request, refusal)

    def _refuse(self, request: HttpRequest, refusal: ShopError) -> HttpResponseRedirect:
        self.message_user(request, refusal.detail, messages.ERROR)
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        )

    def act(
        self, request: HttpRequest, rows: QuerySet[M], verb: str, service: Callable[[M], object]
    ) -> None:
        """Do ``service`` on each row, and tell staff what was done and what was refused.

        On a page of rows at most: each is a transaction of its own, and each refusal a message.
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
        except ShopError as refusal:
            self.message_user(request, f"{row}: {refusal.detail}", messages.ERROR)
            return False
        self.log_change(request, row, f"{verb.capitalize()}.")
        return True


class ReadOnlyAdmin(DeskAdmin):
    """A list and a page for looking; who may change the rows has the actions, and nothing else."""

    number_fields: tuple[str, ...] = ("pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are made by the shop."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No row's page has a form; the actions, where there are some, ask without a row."""
        return obj is None and bool(self.actions) and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are kept for the books."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look a number up in ``number_fields``, by index, and any other term as text."""
        term = search_term.strip().casefold()
        if term.isascii() and term.isdigit() and len(term) <= _MAX_DIGITS:
            numbers: list[Any] = [(name, int(term)) for name in self.number_fields]
            return queryset.filter(Q.create(numbers, connector=Q.OR)), False
        return super().get_search_results(request, queryset, term)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Every field, also those that no form has."""
        extra = [name for name in self.readonly_fields if isinstance(name, str)]
        return [field.name for field in self.opts.fields] + extra


class ReadOnlyInline(admin.TabularInline):
    """Rows shown on the page of the row that they belong to."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees the row sees what belongs to it."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look only."""
        return False
