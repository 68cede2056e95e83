"""The messages about accounts, to the address of the user."""

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
    language = _language_of(user, event)

    def context() -> dict[str, Any]:
        token = links.make_reset_token(user)
        return {
            "user": user,
            "token": token,
            "reset_url": link("reset", token=token, language=language),
        }

    return Letter(f"user:{user.pk}", user.email, language, context)


def _verification(event: Event) -> Letter | None:
    """Return None once the address is verified."""
    user = User.objects.filter(
        pk=event.object_id, is_active=True, email_verified_at__isnull=True
    ).first()
    if user is None:
        return None
    language = _language_of(user, event)

    def context() -> dict[str, Any]:
        token = links.make_verification_token(user)
        return {
            "user": user,
            "token": token,
            "verification_url": link("verification", token=token, language=language),
        }

    return Letter(f"user:{user.pk}", user.email, language, context)


def _language_of(user: User, event: Event) -> str:
    """Return the language that the user chose, and otherwise that of the request."""
    return known_language(user.language or str(event.data.get("language", "")))


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
