"""The statuses of messages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageStatus(models.TextChoices):
    """``waiting`` until it has ended: accepted by a mail server, given up, or not needed."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    UNNEEDED = "unneeded", _("not needed any more")
