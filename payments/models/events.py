"""Events that payment providers sent."""

from django.db import models
from django.db.models.functions import Now

from payments.models.payments import Payment


class ProviderEvent(models.Model):
    """A received event. It is inserted by the transaction that applies it, and never changed.

    The unique ``event_id`` ensures that an event is applied once.
    """

    event_id = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=200)
    payment = models.ForeignKey(
        Payment,
        null=True,
        on_delete=models.PROTECT,
        related_name="events",
        help_text="Empty if the event does not belong to a payment of the shop.",
    )
    received_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
