"""The admin site, whose page for one's own password has a one-time key too."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from shop.core.admin.base import NotSaved
from shop.core.form_keys import AlreadySent, KeyExpired, save_once


class ShopAdminSite(AdminSite):
    """Django's admin site. ``shop.core.admin.base`` has what its pages for models share."""

    password_change_template = "admin/password_change.html"  # noqa: S105 - a file's name

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
