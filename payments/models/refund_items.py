"""What refunds are for: the items of the order."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models import OrderItem
from payments.models.ledger import Refund
from shop.core.money import MAX_DIGITS


class RefundItem(models.Model):
    """What of a refund is for an order item. ``amount`` includes the tax.

    ``quantity`` is how many units the refund is for. If several payments have to pay a unit, the
    first of their refunds has it, and the others have 0 of it.
    """

    # No index for this column: the unique index of refund and item begins with it.
    refund = models.ForeignKey(
        Refund, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="refunds")
    quantity = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
    tax = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["refund", "item"],
                name="refunditem_one_for_each_item",
                violation_error_message=_("A refund can contain each item only once."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, tax__gte=0, tax__lte=F("amount")),
                name="refunditem_tax_within_its_amount",
                violation_error_message=_(
                    "The tax of a refunded item must be from zero to its amount."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item} {self.amount}"
