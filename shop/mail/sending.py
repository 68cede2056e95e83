"""Messages are created once for each event, and sent until they have ended.

A worker claims a message by a guarded UPDATE that moves its next attempt by ``LEASE``, commits, and
only then talks to the mail server. As soon as the server has accepted the message, that is stored.
So a message is transmitted twice only if the process dies, or the database is down for longer than
``LEASE``, after the server accepted it.
"""

import logging
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from shop.core.due_rows import back_off, enqueue_each, store_patiently
from shop.core.errors import InvalidField
from shop.core.logs import place_of
from shop.core.models import Event
from shop.mail import transport
from shop.mail.mails import Letter, Mail, registered
from shop.mail.models import RETENTION, Message
from shop.mail.rendering import render
from shop.mail.states import MessageStatus

logger = logging.getLogger("shop.mail")

LEASE = timedelta(minutes=5)
"""The time after which another worker may send a message; longer than ``transport.LONGEST``."""
_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(hours=4)
_TOO_LATE = "It could not be sent in time."


def create_message(mail: Mail, event: Event) -> None:
    """Create the message of an event, once. It is an event handler, so it may be repeated."""
    letter = mail.letter_for(event)
    if letter is None or not letter.address:
        return
    message = Message(
        event=event,
        template=mail.template,
        recipient=letter.recipient,
        message_id=_new_message_id(),
        language=letter.language,
        valid_until=event.created_at + mail.valid_for,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)


def _new_message_id() -> str:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">") or "localhost"
    return f"<{uuid4().hex}@{domain}>"


def enqueue_due() -> int:
    """Enqueue a task for each message that is due and has none; return their number.

    Without EMAIL_URL it only gives up the messages that are too old.
    """
    Message.objects.give_up_late(MessageStatus.FAILED, _TOO_LATE, enqueued_until=None)
    if settings.MAIL_MODE != "send":
        return 0
    due = Message.objects.due().filter(template__in=list(registered()))
    return enqueue_each(due.order_by("next_attempt_at"), _enqueue, lease=LEASE)


def _enqueue(pk: int) -> None:
    from shop.mail.tasks import send_message  # noqa: PLC0415 - it imports this module

    send_message.enqueue(pk)


def send(pk: int) -> None:
    """Send a message that is due, and store the result. Does nothing if another worker has it."""
    message = _claim(pk)
    if message is None:
        return
    mail = registered()[message.template]
    try:
        letter = mail.letter_for(message.event)
        email = _email(message, letter) if letter is not None and letter.address else None
    except Exception as error:
        logger.exception("message %s could not be rendered", pk)
        _try_later(message, place_of(error))
        return
    if email is None:
        _end(message, MessageStatus.UNNEEDED)
        return
    _transmit(message, email)


def _claim(pk: int) -> Message | None:
    """Reserve a message that is due for the time of ``LEASE``, and return it."""
    if not Message.objects.filter(pk=pk, template__in=list(registered())).claim(LEASE):
        return None
    return Message.objects.select_related("event").get(pk=pk)


def _email(message: Message, letter: Letter) -> EmailMultiAlternatives:
    """Return the message as it is sent, with text, HTML and attachments."""
    rendered = render(message.template, language=message.language, context=letter.context)
    email = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        to=[letter.address, *letter.other_addresses],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.language,
        },
    )
    email.attach_alternative(rendered.html, "text/html")
    for attachment in letter.attachments():
        email.attach(*attachment)
    return email


def _transmit(message: Message, email: EmailMultiAlternatives) -> None:
    try:
        conversation = transport.transmit(email)
    except Exception as error:  # noqa: BLE001 - a backend of the shop may raise anything
        described = transport.describe(error)
        logger.warning("message %s was not accepted: %s", message.pk, described)
        if transport.is_permanent(error):
            _end(message, MessageStatus.FAILED, described)
        else:
            _try_later(message, described)
        return
    _store_sent(message)
    transport.close(conversation)
    logger.info("message %s sent", message.pk, extra={"facts": {"template": message.template}})


def _store_sent(message: Message) -> None:
    """Store that the server has accepted a message, also if another worker has started it again."""
    sent = Message.objects.waiting().filter(pk=message.pk)
    store_patiently(lambda: sent.end(MessageStatus.SENT, enqueued_until=None), for_at_most=LEASE)


def _end(message: Message, status: MessageStatus, error: str = "") -> None:
    """End a message, unless another worker has started it again."""
    Message.objects.claimed_by(message).end(status, error, enqueued_until=None)


def _try_later(message: Message, error: str) -> None:
    """Store the error and the time of the next attempt, unless another worker has started it."""
    delay = back_off(message.attempts, first=_FIRST_DELAY, longest=_LONGEST_DELAY)
    Message.objects.claimed_by(message).try_later(delay, error, enqueued_until=None)


def send_again(message: Message) -> None:
    """Make a message that has ended due now. Raises InvalidField for one that waits.

    A message that was sent gets a new Message-ID, because mail programs drop a second copy.
    """
    mail = registered().get(message.template)
    same_id = message.status != MessageStatus.SENT
    if mail is None or not Message.objects.filter(pk=message.pk).restart(
        mail.valid_for, message_id=message.message_id if same_id else _new_message_id()
    ):
        raise InvalidField(field="", reason=_("Only a message that has ended can be sent again."))


def delete_old_messages(limit: int) -> int:
    """Delete at most ``limit`` messages that ended over 180 days ago; return their number."""
    return Message.objects.all().delete_ended(RETENTION, limit)
