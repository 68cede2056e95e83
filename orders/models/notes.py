"""Notes of staff about an order."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.models.orders import Order
from shop.core.permissions import sees_all

TEXT_LENGTH = 2000


class OrderNoteQuerySet(models.QuerySet["OrderNote"]):
    """Reads of notes."""

    def visible_to(self, reader: User | None) -> OrderNoteQuerySet:
        """Return the notes that may be read by someone who may see their order.

        Buyers see public notes only; ``reader`` is None for one without a login.
        """
        is_permitted = reader is not None and sees_all(reader, "orders.order")
        return self if is_permitted else self.filter(is_public=True)


class OrderNote(models.Model):
    """A note that a member of staff wrote about an order. Buyers see public ones only.

    It is never changed or deleted.
    """

    # An index for this column: it has no other.
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=TEXT_LENGTH)
    is_public = models.BooleanField(
        default=False, db_default=False, help_text="Whether the buyer sees the note."
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OrderNoteQuerySet.as_manager()

    class Meta:
        default_permissions = ()  # those of orders
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""),
                name="ordernote_has_a_text",
                violation_error_message=_("A note must have a text."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Note about order {number}").format(number=self.order.shown_number)
