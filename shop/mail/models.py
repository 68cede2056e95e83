"""Messages: what was to be sent after which event, and what became of it."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shop.core.due_rows import DueQuerySet, DueRow
from shop.core.language_codes import shop_languages
from shop.core.models import Event
from shop.core.translations import Member, TranslationsField
from shop.mail.names import name_of, recipient_of
from shop.mail.states import MessageStatus

RETENTION = timedelta(days=180)


class MessageQuerySet(DueQuerySet["Message"]):
    """Reads and guarded updates of messages."""


class Message(DueRow):
    """A message to one recipient about one event. Only ``shop.mail.sending`` changes it.

    It holds no text and no address: both are taken from the order or the user when it is sent, so
    that nothing has to be erased here.
    """

    # No index: the unique one begins with this column.
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    template = models.CharField(max_length=50, help_text="Such as order_placed.")
    recipient = models.CharField(
        max_length=50, help_text="Whose address it is sent to, such as order:7 or user:3."
    )
    message_id = models.CharField(
        max_length=255, unique=True, help_text="The Message-ID, the same in each attempt."
    )
    language = models.CharField(max_length=10)
    status = models.CharField(
        max_length=10, choices=MessageStatus.choices, default=MessageStatus.WAITING
    )
    enqueued_until = models.DateTimeField(
        null=True, help_text="Until then, a task for it is expected to run."
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "template", "recipient"],
                name="message_once_per_event_template_and_recipient",
                violation_error_message=_("This message already exists."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=MessageStatus.values),
                name="message_status_known",
                violation_error_message=_(
                    "The status of a message must be one of the known statuses."
                ),
            ),
            models.CheckConstraint(
                condition=Q(status=MessageStatus.WAITING, ended_at=None)
                | (~Q(status=MessageStatus.WAITING) & Q(ended_at__isnull=False)),
                name="message_waiting_or_ended",
                violation_error_message=_("A message must either wait or have ended."),
            ),
            models.CheckConstraint(
                condition=~Q(template="") & ~Q(recipient="") & ~Q(message_id=""),
                name="message_names_template_and_recipient",
                violation_error_message=_("A message must name its template and its recipient."),
            ),
        ]
        indexes = [
            # the worker, which looks for messages that are due
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status=MessageStatus.WAITING),
                name="message_waiting_by_attempt",
            ),
            # manage.py cleanup
            models.Index(fields=["ended_at"], name="message_by_end"),
        ]

    def __str__(self) -> str:
        words = gettext("{message} to {recipient}")
        return words.format(message=name_of(self.template), recipient=recipient_of(self))


TEXT_MEMBERS = {
    "subject": Member(200),
    "heading": Member(200),
    "text": Member(5000),
}
"""The texts of a message that staff may write. ``text`` is what comes before the first table."""
WORD_MEMBERS = {"footer": Member(500), "words": Member(200, 100)}
"""The texts that all messages share."""


class MailText(models.Model):
    """The texts of one kind of message that staff have written, by language."""

    template = models.CharField(max_length=50, unique=True, help_text="Such as order_placed.")
    translations = TranslationsField(
        "texts",
        members={**TEXT_MEMBERS, **WORD_MEMBERS},
        languages=shop_languages,
        help_text="An empty field: the text of the shop, which is English if there is no other.",
    )

    def __str__(self) -> str:
        return name_of(self.template)
