"""The mails of the shop: which event leads to which message, and what a message needs.

An app may add its own, with a template of its own, in ``AppConfig.ready()``:

    mails.register(Mail("review", event="review.wanted", compose=compose_review))
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from shop.core import events
from shop.core.language_codes import languages_of_buyers
from shop.core.models import Event


class Attachment(NamedTuple):
    """A file of a message."""

    name: str
    content: bytes
    media_type: str


def _nothing() -> Sequence[Attachment]:
    return ()


class Letter(NamedTuple):
    """A message that should be sent.

    ``recipient`` tells whose ``address`` it is, such as order:7, without naming it. ``context``
    returns what the template needs; it is called in the language. ``attachments`` is called only
    when the message is sent. ``other_addresses`` get the same message.
    """

    recipient: str
    address: str
    language: str
    context: Callable[[], Mapping[str, Any]]
    attachments: Callable[[], Sequence[Attachment]] = _nothing
    other_addresses: Sequence[str] = ()


def _always(event: Event) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Mail:
    """A kind of message: the template ``mail/<template>.html``, sent after events of one kind.

    ``compose`` returns None if there is no recipient. ``is_needed`` tells whether the message is
    needed, or still needed. Both are called when the event is handled, and again when the message
    is sent, so they must be cheap and change nothing. A message that could not be sent after
    ``valid_for`` is given up.
    """

    template: str
    event: str
    compose: Callable[[Event], Letter | None]
    valid_for: timedelta = timedelta(days=5)
    is_needed: Callable[[Event], bool] = _always

    def letter_for(self, event: Event) -> Letter | None:
        """Return the letter that should be sent now, or None."""
        return self.compose(event) if self.is_needed(event) else None


_registered: dict[str, Mail] = {}


def register(mail: Mail) -> None:
    """Send a message after each event of a kind. Raises ImproperlyConfigured for a used template.

    Does nothing if the shop sends no messages (``EMAIL_URL=none``).
    """
    from shop.mail.sending import create_message  # noqa: PLC0415 - it imports this module

    if settings.MAIL_MODE == "off":
        return
    if mail.template in _registered:
        raise ImproperlyConfigured(f"Two mails have the template {mail.template!r}.")
    events.register(mail.event, partial(create_message, mail), name=f"mail.{mail.template}")
    _registered[mail.template] = mail


def registered() -> Mapping[str, Mail]:
    """Return the registered mails by their templates."""
    return _registered


def register_all() -> None:
    """Register the mails of the shop."""
    from shop.mail import (  # noqa: PLC0415 - they import this module
        about_accounts,
        about_invoices,
        about_orders,
        about_returns,
        about_staff,
        about_withdrawals,
    )

    modules = (
        about_orders,
        about_returns,
        about_invoices,
        about_withdrawals,
        about_accounts,
        about_staff,
    )
    for module in modules:
        for mail in module.MAILS:
            register(mail)


def known_language(code: str | None) -> str:
    """Return the language if the shop has it, and otherwise the shop's own."""
    known = languages_of_buyers()
    return code if code in known else next(iter(known))
