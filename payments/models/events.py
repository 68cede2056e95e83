"""Events that a provider sent, each applied once."""

from django.db import models
from django.db.models.functions import Now

from payments.models.payments import Payment


class ProviderEvent(models.Model):
    """An event that was heard, written in the transaction that applied it; append-only."""

    event_id = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=200)
    payment = models.ForeignKey(
        Payment,
        null=True,
        on_delete=models.PROTECT,
        related_name="events",
        help_text="Empty where the shop knows no such payment.",
    )
    received_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
