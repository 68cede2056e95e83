"""Django's middlewares for people at a browser: sessions, who they are of, messages.

The API has bearer tokens and no cookies. What these layers do to each of its requests is a tenth of
a short one's time, and nothing that it needs, so they let it pass.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest


class _OffTheAPI:
    """Lets requests to the API pass, but for its docs page, which people look at."""

    def __call__(self, request: HttpRequest) -> Any:
        """Do what the middleware does, where a browser shows the answer."""
        if _is_api(request):
            return self.get_response(request)  # type: ignore[attr-defined]
        return super().__call__(request)  # type: ignore[misc]


class DeskSessionMiddleware(_OffTheAPI, SessionMiddleware):
    """Sessions."""


class DeskAuthenticationMiddleware(_OffTheAPI, AuthenticationMiddleware):
    """Who a session is of."""


class DeskMessageMiddleware(_OffTheAPI, MessageMiddleware):
    """Messages from one page to the next."""


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/") and not request.path_info.startswith("/api/docs/")
