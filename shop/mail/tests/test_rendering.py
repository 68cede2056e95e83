"""What the messages say: languages, amounts, links, and templates of a shop."""

import re
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from catalog.factories import ProductFactory
from orders.factories import place_order
from orders.models import Order
from orders.services import Tracking, fulfil, ship_order
from payments.factories import pay, refund_payment
from shop.mail import mails, text
from shop.mail.previews import preview
from shop.mail.templatetags.mail import money
from shop.testing.marks import on_one_database
from shop.testing.server import ROOT

pytestmark = on_one_database

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
    assert order.number in found.subject
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
def test_a_message_shows_what_an_order_costs_and_where_it_goes(order):
    Order.objects.update(
        subtotal="9.00",
        discount_total="1.00",
        shipping_total="2.50",
        fee_total="0.50",
        tax_total="1.76",
        total="11.00",
        prices_include_tax=True,
    )
    rows = [
        ("discount", "Tea week", "1.00"),
        ("shipping", "Standard", "4.00"),
        ("shipping_discount", "Half shipping", "1.50"),
        ("fee", "", "0.50"),
    ]
    for kind, name, amount in rows:
        order.adjustments.create(kind=kind, name=name, amount=amount)
    order.taxes.create(
        rate="19", country="DE", name="MwSt.", base="9.24", amount="1.76", reason="table"
    )
    order.addresses.create(
        kind="shipping", name="Ada", line1="Weg 1", postal_code="10115", city="Berlin", country="DE"
    )
    order.items.update(options={"Size": "100 g"})
    text = preview("order_placed").text
    assert (
        text[text.index("Item") : text.index("Tea House sent")]
        == """Item  Amount
2 × Tea
Size: 100 g  $9.00
Subtotal  $9.00
Tea week  -$1.00
Shipping: Standard  $4.00
Half shipping  -$1.50
Fee  $0.50
Total  $11.00
including MwSt. 19 %  $1.76

Shipping address

Ada
Weg 1
10115 Berlin
Germany

"""
    )
    german = preview("order_placed", language="de").text
    assert "Gebühr  0,50 $\nGesamtbetrag  11,00 $\ndarin MwSt. 19 %  1,76 $\n" in german
    Order.objects.update(prices_include_tax=False, total="12.76")
    assert "Fee  $0.50\nMwSt. 19 %  $1.76\nTotal  $12.76\n" in preview("order_placed").text


@pytest.mark.django_db
def test_a_guest_buys_and_gets_messages_whose_link_opens_the_order(anyone, tea, smtp, work):
    """From the first click to the e-mail, and back by "find my order"."""
    items = [{"product_id": tea.pk, "quantity": 2}]
    cart = anyone.post(
        "/api/cart/", {"items": items, "email": "eve@example.com", "language": "de"}
    ).json()
    placed = anyone.post(
        "/api/checkout/",
        {"cart_id": cart["cart_id"], "expected_total": "9.00", "payment_method": "card"},
        headers={"X-Cart-Token": cart["cart_token"]},
    ).json()
    work()
    assert smtp.recipients == ["eve@example.com"] * 2
    assert [mail["Subject"] for mail in smtp.accepted] == [
        f"Ihre Bestellung {placed['number']}",
        f"Zahlung für Bestellung {placed['number']} eingegangen",
    ]
    anyone.post("/api/orders/lookup/", {"number": placed["number"], "email": "x@example.com"})
    anyone.post("/api/orders/lookup/", {"number": placed["number"], "email": "EVE@example.com"})
    work()
    assert smtp.recipients == ["eve@example.com"] * 3
    found = smtp.accepted[2]
    assert found["Subject"] == f"Der Link zu Ihrer Bestellung {placed['number']}"
    text = found.get_body(("plain",)).get_content()
    token = re.search(rf"https://tea.example/orders/{placed['number']}\?token=(\S+)", text)[1]
    answer = anyone.get(f"/api/orders/{placed['order_id']}/", headers={"X-Order-Token": token})
    assert (answer.status_code, answer.json()["status"]) == (200, "paid")


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
        f"Your order {order.number}",
        f"Payment received for order {order.number}",
        f"Your order {order.number} has been shipped",
        f"Refund for order {order.number}",
        f"Refund for order {order.number}",
    ]
    assert "We have received $9.00 for your order" in texts[1][1]
    assert "We have refunded $2.00 for your order" in texts[3][1]
    assert "We have refunded $7.00 for your order" in texts[4][1]


@pytest.mark.django_db
def test_each_part_of_an_order_is_announced_with_its_tracking(ada, amy, tea, smtp, work):
    cup = ProductFactory(name="Cup")
    order = place_order(ada.user, tea, cup)
    pay(order)
    work()
    tracking = Tracking("DHL", "0034", "https://example.com/track/0034")
    fulfil(order_id=order.pk, actor=amy.user, units={cup.pk: 1}, tracking=tracking)
    work()
    fulfil(order_id=order.pk, actor=amy.user)
    work()
    *_, part, rest = [mail.get_body(("plain",)).get_content() for mail in smtp.accepted]
    assert f"We have shipped a part of your order {order.number}:" in part
    assert "1 × Cup" in part.partition("Carrier")[0]
    assert "Carrier and tracking number: DHL 0034" in part
    assert "https://example.com/track/0034" in part
    assert f"We have shipped your order {order.number}." in rest
    assert "Carrier" not in rest


@pytest.mark.django_db
def test_a_declined_payment_leads_to_a_link_to_pay(anyone, order, smtp, work):
    pay(order, token="demo_decline")
    work()
    (failed,) = [mail for mail in smtp.accepted if "failed" in mail["Subject"]]
    text = failed.get_body(("plain",)).get_content()
    assert "The payment of $9.00" in text
    assert "Pay now:" in text
    token = re.search(rf"https://tea.example/pay/{order.pk}\?token=(\S+)", text)[1]
    answer = anyone.get(f"/api/orders/{order.pk}/", headers={"X-Order-Token": token})
    assert (answer.status_code, answer.json()["number"]) == (200, order.number)


@pytest.mark.django_db
def test_the_templates_of_a_shop_replace_those_of_the_documentation(order, settings, tmp_path):
    for name, source in re.findall(r"<!-- template: (\S+) -->\n```html\n(.*?)```", PAGE, re.DOTALL):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
    assert len(list(tmp_path.rglob("*.html"))) == 2
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    found = preview("order_shipped")
    assert found.subject == f"Your tea is on its way ({order.number})"
    assert found.text.startswith(
        "The Tea House, since 1871\n\nPut the kettle on\n\n"
        "We have sent you 1 kinds of tea for $9.00.\n\nFollow your order:\nhttps://tea.example/"
    )
    assert '<p class="shop" style="' in found.html
    assert preview("order_paid").text.startswith("Tea House\n")


@pytest.mark.django_db
def test_a_mail_is_previewed(order):
    out = StringIO()
    call_command(
        "preview_mail", "order_placed", order=order.number.lower(), language="de", stdout=out
    )
    assert out.getvalue().startswith(f"Ihre Bestellung {order.number}\n\nTea House\n\nVielen Dank")
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
