"""The mail backend of development: each message is a file, which the page ``/mail/`` shows."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FolderBackend(BaseEmailBackend):
    """Writes messages to ``MAIL_FOLDER``."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each message to a file, whose name begins with the time; return their number."""
        folder = Path(settings.MAIL_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            content: Any = message.message()
            file = folder / f"{time.time_ns()}.eml"
            file.with_suffix(".part").write_bytes(content.as_bytes())
            file.with_suffix(".part").rename(file)
        return len(email_messages)
