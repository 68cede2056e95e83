"""What the desks of all apps share: rows that are looked at, and moved by actions alone."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from shop.core.errors import ShopError

M = TypeVar("M", bound=Model)
_MAX_DIGITS = 18


class ReadOnlyAdmin(admin.ModelAdmin):
    """A list and a page for looking; who may change the rows has the actions, and nothing else."""

    number_fields: tuple[str, ...] = ("pk",)
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are made by the shop."""
        return False

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
        """Every field, whoever looks."""
        extra = [name for name in self.readonly_fields if isinstance(name, str)]
        return [field.name for field in self.opts.fields] + extra

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the page without buttons that would save nothing."""
        hidden = {"show_save": False, "show_save_and_continue": False}
        context = {**(extra_context or {}), **hidden}
        return super().changeform_view(request, object_id, form_url, context)

    def act(
        self, request: HttpRequest, rows: QuerySet[M], verb: str, service: Callable[[M], object]
    ) -> None:
        """Do ``service`` on each row, and tell staff what was done and what was refused."""
        done = 0
        for row in rows:
            try:
                service(row)
            except ShopError as refusal:
                self.message_user(request, f"{row}: {refusal.detail}", messages.ERROR)
            else:
                done += 1
        if done:
            self.message_user(request, f"{done} {verb}.", messages.SUCCESS)


class ReadOnlyInline(admin.TabularInline):
    """Rows shown on the page of the row that they belong to."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look only."""
        return False
