"""The callers of uploads, whom the server asks for before it reads a large body."""

from io import BytesIO

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error, close_old_connections
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from accounts.auth import SessionJWTAuthentication
from accounts.models import User
from shop.core.errors import ShopError
from shop.core.languages import forget_preference
from shop.engine.server.application import RefusedError
from shop.engine.server.environ import Scope, make_environ


def uploader(scope: Scope) -> str:
    """Return the name of the staff user who sends a request. Raises RefusedError for others.

    The user is found by the bearer token, or under ``/admin/`` by the session. The views check
    the permissions afterwards.
    """
    close_old_connections()
    request = WSGIRequest(make_environ(scope, BytesIO()))
    try:
        user = _user_of(request)
    except (APIException, ShopError):
        user = None
    except Error:
        raise RefusedError(503) from None
    finally:
        forget_preference(request)
        close_old_connections()
    if user is None or not user.is_active:
        raise RefusedError(401)
    if not user.is_staff:
        raise RefusedError(403)
    return f"user {user.pk}"


def _user_of(request: WSGIRequest) -> User | None:
    if request.path.startswith("/api/"):
        found = SessionJWTAuthentication().authenticate(Request(request))
        return found[0] if found else None
    request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    return user if isinstance(user, User) else None
