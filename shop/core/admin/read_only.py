"""Models that are shown in the admin, and that only actions change."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from shop.core.admin.form_steps import FormStepAdmin

_MAX_DIGITS = 18


def is_number(term: str) -> bool:
    """Return whether a term of a search is digits only, and fits in a column of ids."""
    return term.isascii() and term.isdecimal() and len(term) <= _MAX_DIGITS


class ReadOnlyAdmin(FormStepAdmin):
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
        if is_number(term):
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
