"""Django's middlewares that the admin alone needs: cookies of a session, and what goes with them.

The API knows its callers by their token, and takes no cookie; its requests pass these by.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin


class _Desk(MiddlewareMixin):
    """Passes every request but the admin's on."""

    def __call__(self, request: HttpRequest) -> Any:
        """Do what the middleware does, for paths of the admin."""
        if request.path_info.startswith("/admin"):
            return super().__call__(request)
        return self.get_response(request)


class DeskSessionMiddleware(_Desk, SessionMiddleware):
    """Sessions, at /admin/."""


class DeskAuthenticationMiddleware(_Desk, AuthenticationMiddleware):
    """The session's user, at /admin/."""


class DeskMessageMiddleware(_Desk, MessageMiddleware):
    """Messages for the next page, at /admin/."""
