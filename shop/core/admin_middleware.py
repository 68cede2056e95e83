"""Django's middleware of sessions, users and messages, for the pages of the shop only.

The API has bearer tokens and no cookies. The three classes take about a twentieth of the time of a
short request, so they skip requests of the API.
"""

from typing import Any

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest


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
