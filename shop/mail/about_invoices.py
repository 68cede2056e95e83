"""The messages with invoices and credit notes, to the address of their order."""

from payments.invoices.files import file_name
from payments.models import Invoice
from shop.core.models import Event
from shop.mail.about_orders import find_order, letter_about
from shop.mail.mails import Attachment, Letter, Mail


def _with_file(event: Event) -> Letter | None:
    document = Invoice.objects.filter(pk=event.object_id).first()
    order = find_order(document.order_id) if document is not None else None
    if document is None or order is None:
        return None

    def attachments() -> list[Attachment]:
        from payments.invoices.pdf import render_pdf  # noqa: PLC0415 - as in payments.invoices.files

        return [Attachment(file_name(document), render_pdf(document), "application/pdf")]

    return letter_about(order, document=document.number)._replace(attachments=attachments)


MAILS = (
    Mail("invoice_issued", event="invoice.issued", compose=_with_file),
    Mail("credit_note_issued", event="credit_note.issued", compose=_with_file),
)
