"""The statuses of deliveries, and why an endpoint was deactivated."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeliveryStatus(models.TextChoices):
    """``waiting`` until it has ended: the endpoint has accepted it, or it was given up."""

    WAITING = "waiting", _("waiting")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")


class Deactivation(models.TextChoices):
    """Why the shop has deactivated an endpoint by itself."""

    GONE = "gone", _("it responded 410 Gone")
    FAILING = "failing", _("it has failed for days")
