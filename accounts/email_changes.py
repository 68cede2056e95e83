"""Other e-mail addresses that users have asked for."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

KEPT_FOR = timedelta(days=30)
"""How long a change is kept: longer than its link and its messages are valid."""


class EmailChange(models.Model):
    """An address that a user wants to have, until a link that was sent to it is used, and after.

    The row keeps both addresses for the messages about it, because events contain none. Only
    ``accounts.services`` writes it. The row of the user is locked before.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_changes"
    )
    old_email = models.EmailField(max_length=254)
    new_email = models.EmailField(max_length=254)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ()
        # manage.py cleanup
        indexes = [models.Index(fields=["created_at"], name="email_change_by_age")]

    def __str__(self) -> str:
        return f"{self.user}"
