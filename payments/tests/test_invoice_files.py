"""Invoices as files: who may read them, what they show, the e-mail, and the export."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from pypdf import PdfReader

from accounts.factories import staff_with
from catalog.factories import ProductFactory
from orders.factories import place_order
from orders.tokens import make_order_token
from payments.bookkeeping import Period, csv_lines
from payments.factories import pay, refund_payment
from payments.invoices import Credit, issue_credit_note, issue_invoice
from payments.invoices.content import day_of
from payments.invoices.pdf import render_pdf
from payments.models import LedgerEntry
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller
from shop.testing.marks import on_one_database, on_one_engine

pytestmark = on_one_engine


def pages(data):
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


@pytest.fixture
def invoice(ada, tea):
    order = place_order(ada.user, tea, quantity=2)
    pay(order)
    return issue_invoice(order_id=order.pk)


def test_buyers_and_permitted_staff_list_and_download_invoices(
    ada, bob, amy, anyone, invoice, settings
):
    settings.PUBLIC_URL = "https://shop.example.com"
    path = f"/api/orders/{invoice.order_id}/invoices/"
    note = issue_credit_note(order_id=invoice.order_id, credit=Credit(Decimal("4.50")))
    with query_budget(4):
        listed = ada.get(path)
    shared = {
        "order_id": invoice.order_id,
        "currency": "USD",
        "issued_on": day_of(invoice.issued_at).isoformat(),
    }
    rows = listed.json()["invoices"]
    times = [row.pop("issued_at") for row in rows]
    assert times == [row.issued_at.isoformat().replace("+00:00", "Z") for row in (invoice, note)]
    assert rows == [
        {
            "invoice_id": invoice.pk,
            "kind": "invoice",
            "number": invoice.number,
            "refers_to": None,
            "net": "9.00",
            "tax": "0.00",
            "total": "9.00",
            "pdf_url": f"https://shop.example.com{path}{invoice.pk}/pdf/",
            **shared,
        },
        {
            "invoice_id": note.pk,
            "kind": "credit_note",
            "number": note.number,
            "refers_to": invoice.pk,
            "net": "4.50",
            "tax": "0.00",
            "total": "4.50",
            "pdf_url": f"https://shop.example.com{path}{note.pk}/pdf/",
            **shared,
        },
    ]
    pdf = f"{path}{invoice.pk}/pdf/"
    token = {"X-Order-Token": make_order_token(invoice.order)}
    accountant = Caller(staff_with(group="accountant"))
    for client, headers in ((ada, {}), (accountant, {}), (anyone, token)):
        assert client.get(path, headers=headers).json()["count"] == 2
        found = client.get(pdf, headers={"Accept": "application/pdf"} | headers)
        assert (found.status_code, found["Content-Type"]) == (200, "application/pdf")
        assert found["Content-Disposition"] == f'attachment; filename="{invoice.number}.pdf"'
        assert found["Cache-Control"] == "no-store"
        assert found.content == render_pdf(invoice)
    clerk = Caller(staff_with("orders.view_order"))
    assert clerk.get(path).json()["invoices"] == []
    for client, headers, status in ((bob, {}, 404), (clerk, {}, 404), (anyone, {}, 401)):
        refused = client.get(pdf, headers={"Accept": "application/pdf"} | headers)
        assert refused.status_code == status
        assert refused["Content-Type"] == "application/problem+json"
    assert (bob.get(path).status_code, anyone.get(path).status_code) == (404, 401)


def test_a_file_shows_what_the_invoice_says_in_the_language_of_the_order(ada, tea):
    order = place_order(ada.user, tea)
    order.language = "de"
    order.save(update_fields=["language"])
    pay(order)
    first = issue_invoice(order_id=order.pk)
    (text,) = pages(render_pdf(first))
    for shown in (
        f"Rechnung {first.number}",
        "Example GmbH · Musterweg 1 · 10115 Berlin · Germany",
        "USt-IdNr.: DE136695976",
        ada.user.email,
        f"Bestellnummer {order.number}",
        "Tea",
        "4,50\N{NO-BREAK SPACE}$",
        "Seite 1 von 1",
    ):
        assert shown in text.replace("\n", " "), (shown, text)
    note = issue_credit_note(order_id=order.pk, credit=Credit(Decimal("1.25")))
    (text,) = pages(render_pdf(note))
    assert f"Rechnungskorrektur {note.number}" in text
    assert first.number in text
    assert "1,25\N{NO-BREAK SPACE}$" in text


@on_one_database
def test_sixty_items_have_the_header_of_the_table_and_the_number_on_each_page(ada):
    products = [ProductFactory(name=f"Product {n}", price="1.10") for n in range(60)]
    order = place_order(ada.user, *products)
    pay(order)
    texts = pages(render_pdf(issue_invoice(order_id=order.pk)))
    assert len(texts) == 3
    for number, text in enumerate(texts, 1):
        assert "Unit price" in text
        assert f"Page {number} of 3" in text
    whole = " ".join(" ".join(texts).split())
    for number in range(60):
        assert f" {number + 1} Product {number} 1 $1.10 0 % $1.10 " in whole
    assert "$66.00" in texts[-1]


@on_one_database
def test_greek_and_cyrillic_names_are_shown_and_others_by_the_font_of_the_settings(
    invoice, settings, tmp_path
):
    """The font of the shop has no Chinese characters: squares take their place."""
    invoice.content["buyer"]["address"] = ["Ωμέγα", "Юлия Łódź", "山"]
    (text,) = pages(render_pdf(invoice))
    assert "Ωμέγα\nЮлия Łódź\n□" in text
    settings.INVOICE_FONT = str(_font_with("山", tmp_path))
    (text,) = pages(render_pdf(invoice))
    assert "Ωμέγα\nЮлия Łódź\n山" in text


def _font_with(character, folder):
    """Write a font that has one character, a filled square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for point in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(point)
    pen.closePath()
    square = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "one"])
    font.setupCharacterMap({ord(character): "one"})
    font.setupGlyf({".notdef": square, "one": square})
    font.setupHorizontalMetrics({".notdef": (800, 0), "one": (800, 0)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "One", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(folder / "one.ttf")
    return folder / "one.ttf"


def test_staff_find_and_download_invoices_in_the_admin(admin_browser, invoice):
    page = admin_browser.get("/admin/payments/invoice/", {"q": invoice.number.lower()})
    link = f"/admin/payments/invoice/{invoice.pk}/pdf/"
    assert link in page.content.decode()
    assert admin_browser.get(f"/admin/payments/invoice/{invoice.pk}/change/").status_code == 200
    assert admin_browser.get(link).content == render_pdf(invoice)


# -- the export ----------------------------------------------------------------------------------


def read(text):
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_export_has_the_sums_of_the_ledger(ada, tea, amy, invoice):
    payment = invoice.order.payments.get()
    refund_payment(payment, "2.50", actor=amy.user)
    issue_credit_note(order_id=invoice.order_id, credit=Credit(Decimal("2.50")))
    LedgerEntry.objects.filter(kind="captured").update(reference="=HYPERLINK(1)")
    today = day_of(invoice.issued_at)
    rows = read("".join(csv_lines(Period(today, today))))
    number = invoice.order.number
    assert [
        (row["record"], row["order"], row["net"], row["tax"], row["gross"]) for row in rows
    ] == [
        ("order", number, "9.00", "0.00", "9.00"),
        ("invoice", number, "9.00", "0.00", "9.00"),
        ("credit_note", number, "-2.50", "0.00", "-2.50"),
        ("payment", number, "", "", "9.00"),
        ("refund", number, "", "", "-2.50"),
    ]
    assert (rows[3]["reference"], rows[3]["method"]) == ("'=HYPERLINK(1)", "card")
    sums = dict(LedgerEntry.objects.values_list("kind").annotate(Sum("amount")))
    assert sums == {"captured": Decimal("9.00"), "refunded": Decimal("2.50")}
    tomorrow = today + timedelta(days=1)
    assert read("".join(csv_lines(Period(tomorrow, tomorrow)))) == []


def test_the_command_and_the_admin_export_a_period(admin_browser, invoice, capsys):
    day = day_of(invoice.issued_at).isoformat()
    call_command("export_bookkeeping", "--from", day, "--to", day)
    written = capsys.readouterr().out
    assert {row["record"] for row in read(written)} == {"order", "invoice", "payment"}
    page = "/admin/payments/invoice/bookkeeping/"
    assert "Export CSV" in admin_browser.get(page).content.decode()
    found = admin_browser.get(page, {"first": day, "last": day})
    assert b"".join(found.streaming_content).decode() == written
    assert found["Content-Disposition"].endswith(f'"bookkeeping-{day}-{day}.csv"')
    with pytest.raises(CommandError, match="ends before it begins"):
        call_command("export_bookkeeping", "--from", "2026-02-01", "--to", "2026-01-01")
    refused = admin_browser.get(page, {"first": "2026-02-01", "last": "2026-01-01"})
    assert "ends before it begins" in refused.content.decode()


def test_the_export_needs_the_permissions_for_all_that_it_contains(client, db):
    client.force_login(staff_with("payments.view_invoice", "payments.view_payment"))
    assert client.get("/admin/payments/invoice/bookkeeping/").status_code == 403
    client.force_login(staff_with(group="accountant"))
    assert client.get("/admin/payments/invoice/bookkeeping/").status_code == 200
