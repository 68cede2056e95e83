"""What happens when a user signs in with the token of a guest's cart."""

from rest_framework.request import Request

from accounts.models import User
from shop.core.hooks import Hook

on_sign_in: Hook[[User, str]] = Hook()
"""``on_sign_in(handler)`` adds ``handler(user, cart_token)``.

It is called by login, registration and a password that was reset, if the request has an
``X-Cart-Token``. It runs in the transaction that opens the session or creates the user, so what it
raises undoes the sign-in: it ignores a token that it does not know. It locks the user, then carts.
"""


def cart_token_of(request: Request) -> str:
    """Return the header ``X-Cart-Token`` of a request, or an empty text."""
    return str(request.META.get("HTTP_X_CART_TOKEN", ""))
