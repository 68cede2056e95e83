"""Response bodies of invoices."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from payments.models import DocumentKind, Invoice
from shop.core.fields import AmountField
from shop.core.money import show
from shop.core.openapi import example


@extend_schema_serializer(
    examples=[
        example(
            {
                "invoice_id": 3,
                "order_id": 42,
                "kind": "invoice",
                "number": "INV-2026-00003",
                "refers_to": None,
                "net": "40.34",
                "tax": "7.66",
                "total": "48.00",
                "currency": "USD",
                "issued_on": "2026-11-23",
                "issued_at": "2026-11-23T10:00:06Z",
                "pdf_url": "https://shop.example.com/api/orders/42/invoices/3/pdf/",
            }
        )
    ]
)
class InvoiceSerializer(serializers.Serializer[Any]):
    """An invoice or credit note."""

    invoice_id = serializers.IntegerField()
    order_id = serializers.IntegerField()
    kind = serializers.ChoiceField(DocumentKind.choices)
    number = serializers.CharField()
    refers_to = serializers.IntegerField(
        allow_null=True,
        help_text="The id of the invoice that a credit note corrects, or of the credit note that "
        "an invoice takes back.",
    )
    net = AmountField(allow_null=True, help_text="Null if the tax of the order is not known.")
    tax = AmountField(allow_null=True)
    total = AmountField(help_text="What is due, or what a credit note returns.")
    currency = serializers.CharField(help_text="ISO 4217 code.")
    issued_on = serializers.DateField(help_text="The day in the shop's time zone.")
    issued_at = serializers.DateTimeField()
    pdf_url = serializers.CharField(help_text="Takes the same credentials.")


def show_invoice(invoice: Invoice, *, origin: str) -> dict[str, Any]:
    """Return the response body of an invoice. ``origin`` begins its URL."""
    return {
        "invoice_id": invoice.pk,
        "order_id": invoice.order_id,
        "kind": invoice.kind,
        "number": invoice.number,
        "refers_to": invoice.refers_to_id,
        "net": None if invoice.net is None else show(invoice.net),
        "tax": None if invoice.tax is None else show(invoice.tax),
        "total": show(invoice.total),
        "currency": invoice.currency,
        "issued_on": invoice.issued_on,
        "issued_at": invoice.issued_at,
        "pdf_url": f"{origin}/api/orders/{invoice.order_id}/invoices/{invoice.pk}/pdf/",
    }
