"""The ground floor's two tables: answers to remember, and attempts to count."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class IdempotencyKey(models.Model):
    """A request that was answered, written in the transaction of its work (RELIABILITY R6).

    ``status_code`` 0 says that the answer is the present state of ``resource_id`` (a payment, R7);
    else ``body`` holds the bytes that the first answer had.
    """

    # Without an index of its own: the unique one begins with it, and a planner that knows nothing
    # of the table yet may take a user's whole history for the shorter way to one key.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    scope = models.CharField(max_length=200, help_text="Method and path of the request.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the canonical body.")
    resource_id = models.BigIntegerField(null=True)
    status_code = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=100, default="")
    location = models.CharField(max_length=200, default="")
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "scope", "key"], name="idempotencykey_once_per_user_and_scope"
            ),
        ]
        indexes = [
            # manage.py cleanup
            models.Index(fields=["created_at"], name="idempotencykey_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class RateCounter(models.Model):
    """Attempts under one key in the present window (RELIABILITY R16)."""

    key = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of what is counted.")
    attempts = models.IntegerField()
    ends_at = models.BigIntegerField(help_text="When the window closes, in seconds since 1970.")

    class Meta:
        indexes = [
            # manage.py cleanup
            models.Index(fields=["ends_at"], name="ratecounter_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.attempts}"
