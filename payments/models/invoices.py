"""Invoices and credit notes, and the counters from which they get their numbers."""

from __future__ import annotations

from typing import Any, Never

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.access import OrderAccess
from orders.models import Order
from payments.models.ledger import Refund
from shop.core.money import MAX_DIGITS
from shop.core.permissions import sees_all

SERIES_LENGTH = 10


def amount_column(**options: Any) -> models.DecimalField[Any, Any]:
    """Return a column for an amount in the currency of an invoice."""
    return models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2, **options)


class DocumentKind(models.TextChoices):
    """What an invoice is: an invoice or its correction."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


class DocumentCounter(models.Model):
    """The last number of a series in a year.

    The transaction that inserts an invoice increments it first. The lock of the row lasts until the
    commit, and a transaction that ends without a commit takes its number back, so that no number is
    missing and none is used twice.
    """

    series = models.CharField(max_length=SERIES_LENGTH)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["series", "year"],
                name="documentcounter_one_for_each_series_and_year",
                violation_error_message=_("This series has a counter for this year already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}: {self.last_number}"


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    """Reads of invoices. ``visible_to`` decides who may see one. None is changed or deleted."""

    def visible_to(self, caller: OrderAccess | User | AnonymousUser) -> InvoiceQuerySet:
        """Return the invoices of the caller's own orders; all invoices for permitted staff.

        Own orders of a guest are those of the tokens in the request (``orders.access``).
        """
        if isinstance(caller, AnonymousUser):
            return self.none()
        user = caller if isinstance(caller, User) else caller.user
        if user is not None and sees_all(user, "payments.invoice", verbs=("view",)):
            return self
        if isinstance(caller, User):
            return self.filter(order__user=caller.pk)
        return self.filter(caller.orders("order__"))

    def update(self, **kwargs: Any) -> Never:
        """Raise TypeError: an invoice is never changed."""
        raise TypeError("An invoice is never changed. A credit note corrects it.")

    def delete(self) -> Never:
        """Raise TypeError: an invoice is never deleted."""
        raise TypeError("An invoice is never deleted. A credit note corrects it.")


class Invoice(models.Model):
    """An invoice or credit note: a copy of all that it says, which is never changed or deleted.

    Amounts are in ``currency`` and not negative: the kind says whether they are due or credited.
    ``net`` and ``tax`` are null for an order of an earlier release, whose tax is not known. Only
    ``payments.invoices`` inserts rows. Triggers of the database refuse every UPDATE.
    """

    kind = models.CharField(max_length=11, choices=DocumentKind.choices)
    series = models.CharField(max_length=SERIES_LENGTH)
    year = models.PositiveSmallIntegerField(help_text="Of the issue, in the shop's time zone.")
    sequence = models.PositiveIntegerField(help_text="The number within series and year.")
    number = models.CharField(max_length=30, unique=True, help_text="As people write it.")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    refers_to = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="corrections",
        help_text="The invoice that a credit note corrects, or the credit note that an invoice "
        "takes back.",
    )
    refund = models.OneToOneField(
        Refund, null=True, on_delete=models.PROTECT, related_name="credit_note"
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    net = amount_column(null=True)
    tax = amount_column(null=True)
    total = amount_column()
    content = models.JSONField(help_text="All that the document says (docs/invoices.md).")
    issued_on = models.DateField(help_text="The day in the shop's time zone.")
    issued_at = models.DateTimeField()

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["series", "year", "sequence"],
                name="invoice_number_once_in_its_series",
                violation_error_message=_("Another invoice has this number."),
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(kind=DocumentKind.INVOICE, refers_to=None),
                name="invoice_one_for_each_order",
                violation_error_message=_("This order has an invoice already."),
            ),
            models.UniqueConstraint(
                fields=["refers_to"],
                condition=Q(kind=DocumentKind.INVOICE),
                name="invoice_takes_a_credit_note_back_once",
                violation_error_message=_("This credit note was taken back already."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=DocumentKind.values),
                name="invoice_kind_known",
                violation_error_message=_("A document is an invoice or a credit note."),
            ),
            models.CheckConstraint(
                condition=Q(kind=DocumentKind.CREDIT_NOTE, refers_to__isnull=False)
                | Q(kind=DocumentKind.INVOICE, refund=None),
                name="invoice_corrected_by_credit_notes_that_name_it",
                violation_error_message=_(
                    "A credit note must name its invoice, and an invoice has no refund."
                ),
            ),
            models.CheckConstraint(
                condition=Q(sequence__gte=1),
                name="invoice_numbers_begin_with_one",
                violation_error_message=_("The first number of a series is 1."),
            ),
            models.CheckConstraint(
                condition=Q(total__gte=0)
                & Q(Q(net__isnull=True, tax__isnull=True) | Q(net__gte=0, tax__gte=0)),
                name="invoice_amounts_not_negative",
                violation_error_message=_("The amounts of an invoice cannot be negative."),
            ),
            # Rounded, since SQLite adds decimals as floats.
            models.CheckConstraint(
                condition=Q(net=None) | Q(total=Round(F("net") + F("tax"), precision=2)),
                name="invoice_total_adds_up",
                violation_error_message=_("The total of an invoice must be its net and its tax."),
            ),
        ]
        indexes = [
            # The export of a period, and the list of the admin.
            models.Index(fields=["issued_on", "id"], name="invoice_by_day"),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. Raises TypeError for one that is stored."""
        if self.pk is not None:
            raise TypeError("An invoice is never changed. A credit note corrects it.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        """Raise TypeError: an invoice is never deleted."""
        raise TypeError("An invoice is never deleted. A credit note corrects it.")
