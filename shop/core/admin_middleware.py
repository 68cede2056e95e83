"""Django's middleware of sessions, users, messages, CSRF and frames, for the shop's pages only.

The API has bearer tokens and no cookies, and ``shop.core.security_headers`` forbids frames in every
response. The five classes take about a tenth of the time of a short request, so they skip requests
of the API.
"""

from typing import Any

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.middleware import clickjacking, csrf


class _OutsideTheAPI:
    """Skips requests of the API, except those of its documentation page."""

    def __call__(self, request: HttpRequest) -> Any:
        """Run the middleware of Django, except for requests of the API."""
        path = request.path_info
        if path.startswith("/api/") and not path.startswith("/api/docs/"):
            return self.get_response(request)  # type: ignore[attr-defined]
        return super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(_OutsideTheAPI, sessions.SessionMiddleware):
    """Sessions of the admin."""


class AuthenticationMiddleware(_OutsideTheAPI, auth.AuthenticationMiddleware):
    """The user of a session."""


class MessageMiddleware(_OutsideTheAPI, messages.MessageMiddleware):
    """Messages from one page to the next."""


class CsrfViewMiddleware(_OutsideTheAPI, csrf.CsrfViewMiddleware):
    """The secret against forged forms. ``process_view`` still refuses forms without it."""


class XFrameOptionsMiddleware(_OutsideTheAPI, clickjacking.XFrameOptionsMiddleware):
    """The header that forbids frames, on pages."""
