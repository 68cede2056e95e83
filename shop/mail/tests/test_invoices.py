"""The messages with invoices and credit notes."""

import pytest

from orders.factories import place_order
from payments.factories import pay, refund_payment
from payments.invoices import handlers
from payments.invoices.pdf import render_pdf
from payments.models import Invoice
from shop.mail.models import Message
from shop.mail.previews import preview
from shop.testing.assertions import assert_audit_passes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def issuing(work):
    """Invoices are issued; the worker has run before."""
    handlers.register()
    work()


def test_an_invoice_and_its_credit_note_are_sent_once_with_their_files(
    ada, amy, tea, smtp, work, issuing
):
    order = place_order(ada.user, tea)
    payment = pay(order)
    work()  # issues the invoice
    work()  # sends it
    refund_payment(payment, "1.00", actor=amy.user)
    for _ in range(3):
        work()
    messages = Message.objects.filter(template__endswith="_issued").order_by("pk")
    assert [(row.template, row.status, row.attempts) for row in messages] == [
        ("invoice_issued", "sent", 1),
        ("credit_note_issued", "sent", 1),
    ]
    sent = {mail["Message-ID"]: mail for mail in smtp.accepted}
    for row, document in zip(messages, Invoice.objects.order_by("pk"), strict=True):
        mail = sent[row.message_id]
        assert mail["To"] == ada.user.email
        (file,) = mail.iter_attachments()
        assert file.get_filename() == f"{document.number}.pdf"
        assert file.get_content_type() == "application/pdf"
        assert file.get_content() == render_pdf(document)
        kind = document.kind.replace("_", " ")
        assert mail["Subject"] == f"Your {kind} {document.number} for order {order.number}"
    assert_audit_passes()


def test_a_preview_shows_the_last_document(ada, tea, work, issuing):
    with pytest.raises(LookupError, match="no such document"):
        preview("invoice_issued")
    pay(place_order(ada.user, tea))
    work()
    shown = preview("invoice_issued", language="de")
    number = Invoice.objects.get().number
    assert shown.subject.startswith(f"Ihre Rechnung {number} zur Bestellung ")
    assert f"Die Rechnung {number} zu Ihrer Bestellung" in shown.text
