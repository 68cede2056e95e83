"""The statuses of deliveries, and why an endpoint was deactivated."""

from django.db import models


class DeliveryStatus(models.TextChoices):
    """``waiting`` until it has ended: the endpoint has accepted it, or it was given up."""

    WAITING = "waiting", "waiting"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"


class Deactivation(models.TextChoices):
    """Why the shop has deactivated an endpoint by itself."""

    GONE = "gone", "it responded 410 Gone"
    FAILING = "failing", "it has failed for days"
