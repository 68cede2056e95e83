"""The admin site, whose page for one's own password has a one-time key too."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite, action, actions
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from shop.core import tracing
from shop.core.admin.base import NotSaved
from shop.core.admin.waiting import entries_of
from shop.core.form_keys import AlreadySent, KeyExpired, save_once


class ShopAdminSite(AdminSite):
    """Django's admin site. ``shop.core.admin.base`` has what its pages for models share."""

    password_change_template = "admin/password_change.html"  # noqa: S105 - a file's name

    def __init__(self, name: str = "admin") -> None:
        """Replace Django's own action, which deletes all rows or fails for all."""
        super().__init__(name)
        self.add_action(_delete_selected, "delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may see the admin, and note who it is."""
        is_allowed = super().has_permission(request)
        if is_allowed and request.user.pk is not None:
            tracing.note_author("admin", user_id=request.user.pk)
        return is_allowed

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show what waits for the user above the list of models."""
        waiting = [
            entry
            for model_admin in self._registry.values()
            for entry in entries_of(request, model_admin)
        ]
        return super().index(request, {"waiting": waiting, **(extra_context or {})})

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Change the user's own password once for each form."""

        def save() -> HttpResponse:
            response = super(ShopAdminSite, self).password_change(request, extra_context)
            if not isinstance(response, HttpResponseRedirect):
                raise NotSaved(response)
            return response

        if request.method != "POST":
            return super().password_change(request, extra_context)
        try:
            return save_once(request, save)
        except NotSaved as error:
            return error.response
        except AlreadySent as sent:
            messages.warning(request, str(sent))
            return HttpResponseRedirect(reverse("admin:password_change_done"))
        except KeyExpired as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.path)


_delete_of_django: Any = actions.delete_selected  # the stubs know no attributes of actions


@action(permissions=["delete"], description=_delete_of_django.short_description)
def _delete_selected(admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> Any:
    """Delete rows as the admin class does it, or as Django does."""
    delete = getattr(admin, "delete_selected", None)
    if delete is None:
        return _delete_of_django(admin, request, rows)
    return delete(request, rows)
