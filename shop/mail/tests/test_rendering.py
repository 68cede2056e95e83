"""What the messages say: languages, amounts, links, and templates of a shop."""

import re
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from orders.factories import place_order
from orders.services import ship_order
from payments.factories import pay, refund_payment
from shop.mail import mails, text
from shop.mail.previews import preview
from shop.mail.templatetags.mail import money
from shop.testing.server import ROOT

PAGE = (ROOT / "docs" / "extending.md").read_text()


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        ("1234.50", "USD", "en", "$1,234.50"),
        ("1234.50", "EUR", "de", "1.234,50\N{NO-BREAK SPACE}€"),
        ("0.00", "GBP", "en", "£0.00"),
        ("-2.50", "EUR", "de", "-2,50\N{NO-BREAK SPACE}€"),
        # CLDR shows these without decimals, ISO 4217 and the shop with two.
        ("2.50", "ALL", "en", "ALL\N{NO-BREAK SPACE}2.50"),
        ("3.50", "LBP", "de", "3,50\N{NO-BREAK SPACE}LBP"),
    ],
)
def test_amounts_have_the_decimals_of_the_shop(amount, currency, language, shown):
    with translation.override(language):
        assert money(Decimal(amount), currency) == shown


def test_the_text_of_a_page_has_its_links_and_rows():
    html = """
        <html><head><title>Order &amp;
        more</title><style>p {}</style></head><body><div class="preheader">Not shown</div>
        <h1>Hello <b>Ada</b></h1><p>One<br>two <a href="https://a.example/?b=1&amp;c">see</a></p>
        <table><tr><th>Item</th><th>Amount</th></tr> <tr><td>1 &times; Tea</td><td>4 €</td></tr></table>
        <address>Ada<br></address></body></html>"""
    expected = """Hello Ada

One
two see:
https://a.example/?b=1&c

Item  Amount
1 × Tea  4 €

Ada
"""
    assert text.read(html) == ("Order & more", expected)


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    "template",
    [
        "order_placed",
        "order_paid",
        "payment_failed",
        "order_shipped",
        "order_cancelled",
        "order_refunded",
    ],
)
def test_every_mail_is_complete_in_every_language(order, template, language):
    found = preview(template, language=language)
    assert set(mails.registered()) >= {template}
    assert str(order.pk) in found.subject
    assert f'<html lang="{language}"' in found.html
    assert re.search(r'<div class="preheader"[^>]*>[^<]{10,}</div>', found.html)
    assert "@media (prefers-color-scheme: dark)" in found.html
    assert ("Ihre Bestellung" in found.text) is (language == "de")
    assert ("your order" in found.text.casefold()) is (language == "en")
    assert ("2 × Tea  9,00 $" if language == "de" else "2 × Tea  $9.00") in found.text
    assert "https://tea.example/" in found.text
    assert "{" not in found.text
    for image in re.findall(r"<(?:img|script|link|iframe)", found.html):
        pytest.fail(image)


@pytest.mark.django_db
def test_the_buyer_is_told_about_each_step(order, amy, smtp, work):
    work()
    payment = pay(order)
    work()
    ship_order(order_id=order.pk, actor=amy.user)
    work()
    refund_payment(payment, "2.00", actor=amy.user)
    work()
    refund_payment(payment, actor=amy.user)
    work()
    texts = [(mail["Subject"], mail.get_body(("plain",)).get_content()) for mail in smtp.accepted]
    assert [subject for subject, _ in texts] == [
        f"Your order {order.pk}",
        f"Payment received for order {order.pk}",
        f"Your order {order.pk} has been shipped",
        f"Refund for order {order.pk}",
        f"Refund for order {order.pk}",
    ]
    assert "We have received $9.00 for your order" in texts[1][1]
    assert "We have refunded $2.00 for your order" in texts[3][1]
    assert "We have refunded $7.00 for your order" in texts[4][1]


@pytest.mark.django_db
def test_a_declined_payment_leads_to_a_link_to_pay(order, smtp, work):
    pay(order, token="demo_decline")
    work()
    (failed,) = [mail for mail in smtp.accepted if "failed" in mail["Subject"]]
    text = failed.get_body(("plain",)).get_content()
    assert "The payment of $9.00" in text
    assert "Pay now:" in text
    assert re.search(rf"https://tea.example/pay/{order.pk}\?token=", text)


@pytest.mark.django_db
def test_the_templates_of_a_shop_replace_those_of_the_documentation(order, settings, tmp_path):
    for name, source in re.findall(r"<!-- template: (\S+) -->\n```html\n(.*?)```", PAGE, re.DOTALL):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
    assert len(list(tmp_path.rglob("*.html"))) == 2
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    found = preview("order_shipped")
    assert found.subject == f"Your tea is on its way ({order.pk})"
    assert found.text.startswith(
        "The Tea House, since 1871\n\nPut the kettle on\n\n"
        "We have sent you 1 kinds of tea for $9.00.\n\nFollow your order:\nhttps://tea.example/"
    )
    assert '<p class="shop" style="' in found.html
    assert preview("order_paid").text.startswith("Tea House\n")


@pytest.mark.django_db
def test_a_mail_is_previewed(order):
    out = StringIO()
    call_command("preview_mail", "order_placed", order=str(order.pk), language="de", stdout=out)
    assert out.getvalue().startswith(f"Ihre Bestellung {order.pk}\n\nTea House\n\nVielen Dank")
    out = StringIO()
    call_command("preview_mail", "order_placed", html=True, stdout=out)
    assert out.getvalue().startswith("<!DOCTYPE html>")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("template", "options", "sentence"),
    [
        ("order_lost", {}, "There is no mail 'order_lost'. Choose order_placed, order_paid"),
        ("order_placed", {}, "There is no order: place one, or seed_demo."),
        ("order_placed", {"order": "99"}, "There is no such order."),
        ("order_placed", {"language": "fr"}, "The shop has no language 'fr'."),
    ],
)
def test_a_wrong_preview_says_what_is_missing(template, options, sentence):
    with pytest.raises(CommandError) as error:
        call_command("preview_mail", template, **options)
    assert str(error.value).startswith(sentence)


def test_templates_load_nothing_from_elsewhere():
    for file in (ROOT / "shop" / "mail" / "templates" / "mail").iterdir():
        assert not re.search(r"https?://|url\(|@import", Path(file).read_text()), file
