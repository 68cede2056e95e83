"""What uses of promotions and of vouchers have in common."""

from __future__ import annotations

from django.conf import settings
from django.db import models

EMAIL_KEY_LENGTH = 512


class Use(models.Model):
    """The use of something with limits by an order. It counts until it is released.

    An order is known by its id only, because orders are a higher layer. The customer is known by
    the account and by the key of the e-mail address (``accounts.addresses.fold_address``).
    """

    # No index: the unique one begins with this column.
    order_id = models.BigIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    email_key = models.CharField(max_length=EMAIL_KEY_LENGTH)
    released_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
