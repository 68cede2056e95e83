"""The messages about accounts, to the address of the user."""

from collections.abc import Callable
from typing import Any

from accounts import links
from accounts.models import User
from shop.core.models import Event
from shop.mail.links import link
from shop.mail.mails import Letter, Mail, known_language


def _reset(event: Event) -> Letter | None:
    """Return None if nobody may get a link, which the event says with the id 0."""
    user = User.objects.filter(pk=event.object_id, is_active=True).first()
    if user is None or not user.has_usable_password():
        return None
    return _letter(user, event, "reset", links.make_reset_token)


def _verification(event: Event) -> Letter | None:
    """Return None once the address is verified."""
    user = User.objects.filter(
        pk=event.object_id, is_active=True, email_verified_at__isnull=True
    ).first()
    if user is None:
        return None
    return _letter(user, event, "verification", links.make_verification_token)


def _letter(user: User, event: Event, kind: str, make_token: Callable[[User], str]) -> Letter:
    """Return a letter with a link of ``kind``, whose token is made when it is rendered.

    Its language is the one that the user chose, and otherwise that of the request.
    """
    language = known_language(user.language or str(event.data.get("language", "")))

    def context() -> dict[str, Any]:
        token = make_token(user)
        url = link(kind, token=token, language=language)
        return {"user": user, "token": token, f"{kind}_url": url}

    return Letter(f"user:{user.pk}", user.email, language, context)


MAILS = (
    Mail(
        "password_reset",
        event="account.password_reset_requested",
        compose=_reset,
        valid_for=links.RESET_LIFETIME,
    ),
    Mail(
        "verification",
        event="account.verification_requested",
        compose=_verification,
        valid_for=links.VERIFICATION_LIFETIME,
    ),
)
