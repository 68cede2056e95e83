"""The statuses of messages."""

from django.db import models


class MessageStatus(models.TextChoices):
    """``waiting`` until it has ended: accepted by a mail server, given up, or not needed."""

    WAITING = "waiting", "waiting"
    SENT = "sent", "sent"
    FAILED = "failed", "failed"
    UNNEEDED = "unneeded", "not needed any more"
