"""The messages about accounts, to the address of the user."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from accounts import links
from accounts.email_changes import EmailChange
from accounts.models import User
from shop.core.models import Event
from shop.mail.links import link
from shop.mail.mails import Letter, Mail, known_language

_Context = Callable[[str], Mapping[str, Any]]
"""What a template needs, in a language."""


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
    """Return a letter to the user, with a link of ``kind``."""
    context = partial(_link, user, kind, lambda: make_token(user))
    return _to(user, user.email, event, context)


def _to(user: User, address: str, event: Event, context: _Context) -> Letter:
    """Return a letter in the language that the user chose, and otherwise that of the request."""
    language = known_language(user.language or str(event.data.get("language", "")))
    return Letter(f"user:{user.pk}", address, language, partial(context, language))


def _link(user: User, kind: str, make_token: Callable[[], str], language: str) -> dict[str, Any]:
    """Return what a template needs for a link, whose token is made when it is rendered."""
    token = make_token()
    url = link(kind, token=token, language=language)
    return {"user": user, "token": token, f"{kind}_url": url}


def _change_of(event: Event, **conditions: Any) -> EmailChange | None:
    """Return the change of an address that an event is about, unless it or its user is gone."""
    changes = EmailChange.objects.filter(pk=event.data["change_id"], user__is_active=True)
    return changes.filter(**conditions).select_related("user").first()


def _email_change(event: Event) -> Letter | None:
    """Return a letter to the new address; None once its link was used or another one is wanted."""
    change = _change_of(event, confirmed_at=None)
    if change is None:
        return None
    make_token = partial(links.make_email_change_token, change)
    context = partial(_link, change.user, "verification", make_token)
    return _to(change.user, change.new_email, event, context)


def _email_changed(event: Event) -> Letter | None:
    """Return a letter to the old address."""
    change = _change_of(event)
    if change is None:
        return None
    return _to(change.user, change.old_email, event, lambda _language: {"user": change.user})


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
    Mail(
        "email_change",
        event="account.email_change_requested",
        compose=_email_change,
        valid_for=links.EMAIL_CHANGE_LIFETIME,
    ),
    Mail("email_changed", event="account.email_changed", compose=_email_changed),
)
