"""Documents as files to download."""

from django.http import HttpResponse

from payments.models import Invoice


def file_name(document: Invoice) -> str:
    """Return the name of a document's file, such as INV-2026-00001.pdf."""
    return f"{document.number}.pdf"


def pdf_response(document: Invoice) -> HttpResponse:
    """Return a document as a file to download."""
    # Only now, because the fonts need some MiB, which commands such as imports do without.
    from payments.invoices.pdf import render_pdf  # noqa: PLC0415

    headers = {"Content-Disposition": f'attachment; filename="{file_name(document)}"'}
    return HttpResponse(render_pdf(document), content_type="application/pdf", headers=headers)
