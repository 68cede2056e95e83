"""Endpoints with which buyers and staff read invoices and credit notes."""

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from orders.access import OrderAccess, access_of
from orders.models import Order
from payments.invoices.files import pdf_response
from payments.models import Invoice, InvoiceQuerySet
from payments.serializers.invoices import InvoiceSerializer, show_invoice
from payments.views.money import TOKENS
from shop.core.errors import NotFound
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet


class PDFRenderer(BaseRenderer):
    """Accepts ``application/pdf``. The view returns the file itself."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return nothing: errors are problem details, whatever was accepted."""
        return b""


class ReadsInvoices(ShopViewSet):
    """Invoices of the caller's own orders, or of all orders for staff with the permission.

    A guest's order is that of the cart whose token the guest has. A link in an e-mail has a token
    for one order.
    """

    queryset = Invoice.objects.none()
    serializer_class = InvoiceSerializer
    permission_classes = (AllowAny,)
    plural = "invoices"
    token_schemes = ("cart_token", "order_token")
    guests_list = True

    @cached_property
    def access(self) -> OrderAccess:
        """What the request gives access to. Raises 401 as ``access_of`` says."""
        return access_of(self.request, reads=True)

    def get_queryset(self) -> InvoiceQuerySet:
        """Return the invoices that the caller may see, in the order in which they were issued."""
        return Invoice.objects.visible_to(self.access).order_by("pk")


class OrderInvoiceViewSet(ReadsInvoices):
    """The invoice of an order, and its credit notes."""

    @describe(
        "List invoices of an order",
        answers={200: InvoiceSerializer(many=True)},
        refuses=TOKENS,
    )
    def list(self, request: Request, order_id: str) -> Response:
        """List the invoice of an order and its credit notes, in the order of their issue.

        The worker issues the invoice when the order is first paid or shipped.
        """
        if not Order.objects.visible_to(self.access).filter(pk=order_id).exists():
            raise NotFound
        invoices = self.get_queryset().filter(order_id=order_id).defer("content")
        return self.page_of(invoices, partial(show_invoice, origin=origin_of(request)))


class InvoiceFileViewSet(ReadsInvoices):
    """The file of an invoice or credit note."""

    pagination_class = None

    def get_renderers(self) -> list[BaseRenderer]:
        """Accept PDF, and JSON for errors."""
        return [*super().get_renderers(), PDFRenderer()]

    @describe(
        "Download invoice",
        answers={(200, "application/pdf"): OpenApiTypes.BINARY},
        refuses=TOKENS,
    )
    def list(self, request: Request, order_id: str, invoice_id: str) -> HttpResponse:
        """Return an invoice or credit note as a PDF file, which is the same each time."""
        invoices = self.get_queryset().filter(order_id=order_id)
        return pdf_response(get_object_or_404(invoices, pk=invoice_id))
