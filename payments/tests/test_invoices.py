"""Invoices and credit notes: what they say, and when they are issued."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from cart.promotions.factories import create_voucher
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from cart.taxes.vat_numbers import confirm_vat_number
from catalog.factories import ProductFactory
from orders.factories import place_order
from orders.models import Order, OrderItem
from orders.services import cancel_order, ship_order
from payments import jobs, services
from payments.factories import pay, refund_payment
from payments.gateways import RefundOutcome, RefundState
from payments.invoices import Credit, CreditedItem, issue_credit_note, issue_invoice, take_back
from payments.invoices.content import day_of
from payments.models import DocumentCounter, Invoice, Payment, Refund
from shop.core import deliveries
from shop.testing.assertions import assert_audit_passes
from shop.testing.invoice_storm import problems
from shop.testing.races import at_once, times
from shop.testing.server import environment_for
from shop.testing.serving import url_of_the_tests_database
from shop.testing.starting import runner

YEAR = datetime.now(UTC).year  # TIME_ZONE of the tests is UTC
ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}


def work():
    """Handle the events, as the worker does."""
    while deliveries.dispatch():
        pass
    while deliveries.deliver_next():
        pass


@pytest.fixture(autouse=True)
def _handlers_are_known(db):
    """The worker has run before: handlers do not receive the events of the past."""
    work()


def buy(client, *items, country="DE", **members):
    """Order as a guest with shipping for 4.90, pay by card, and return the order."""
    create_method(prices={"DE FR": "4.90"})
    cart = client.post(
        "/api/cart/",
        {
            "items": [{"product_id": row.pk, "quantity": quantity} for row, quantity in items],
            "email": "ada@example.com",
            "shipping_address": ADDRESS | {"country": country},
            **members,
        },
    ).json()
    body = {"cart_id": cart["cart_id"], "payment_method": "card", "expected_total": cart["total"]}
    headers = {"X-Cart-Token": cart["cart_token"]}
    bought = client.post("/api/checkout/", body, headers=headers)
    assert bought.status_code == 201, bought.content
    return Order.objects.get(pk=bought.json()["order_id"])


@pytest.fixture
def bought(anyone, tea, unthrottled):
    """An order for 26.05: 3 tea at 19 %, a book at 7 %, ten percent off, shipping."""
    create_tax_rate("DE", "19")
    create_tax_rate("DE", "7", tax_class="books", name="VAT (reduced)")
    book = ProductFactory(name="Book", price="10.00", tax_class_id="books")
    create_voucher("TEN")
    return buy(anyone, (tea, 3), (book, 1), voucher_codes=["TEN"], language="de")


def documents(order):
    """Return the documents of an order: number, net, tax and total."""
    rows = Invoice.objects.filter(order=order).order_by("pk")
    return [(row.number, *map(str, (row.net, row.tax, row.total))) for row in rows]


def taxes(document):
    return {row["rate"]: (row["base"], row["amount"]) for row in document.content["taxes"]}


def refund(order, amount, actor):
    payment = Payment.objects.get(order=order)
    return refund_payment(payment, amount, actor=actor)


def test_an_invoice_is_a_copy_of_the_order_and_of_the_seller(bought, settings):
    settings.SELLER_IBAN = "DE89370400440532013000"
    work()
    invoice = Invoice.objects.get(order=bought)
    today = day_of(bought.created_at).isoformat()
    amounts = (invoice.net, invoice.tax, invoice.total, invoice.currency)
    assert tuple(map(str, amounts)) == ("22.74", "3.31", "26.05", "USD")
    content = invoice.content
    ids = [item.pop("id") for item in content["items"]]
    assert ids == list(OrderItem.objects.order_by("pk").values_list("pk", flat=True))
    names = [item.pop("product_id") for item in content["items"]]
    assert names == list(OrderItem.objects.order_by("pk").values_list("product_id", flat=True))
    place = {"country": "DE", "region": "", "reason": "destination_country"}
    assert content == {
        "version": 1,
        "kind": "invoice",
        "number": f"INV-{YEAR}-00001",
        "issued_on": today,
        "language": "de",
        "currency": "USD",
        "refers_to": None,
        "seller": {
            "name": "Example GmbH",
            "address": ["Musterweg 1", "10115 Berlin", "Germany"],
            "vat_number": "DE136695976",
            "tax_number": "",
            "register": "",
            "email": "",
            "phone": "",
            "bank": {"name": "", "iban": "DE89370400440532013000", "bic": ""},
        },
        "buyer": {
            "address": ["Ada Lovelace", "Torstraße 1", "10119 Berlin", "Deutschland"],
            "vat_number": "",
            "shipping_address": [],
        },
        "order": {
            "id": bought.pk,
            "number": bought.number,
            "placed_on": today,
            "paid_on": today,
            "shipped_on": None,
        },
        "items": [
            {
                "name": "Tea",
                "sku": "",
                "options": {},
                "quantity": 3,
                "unit_price": "4.50",
                "line_total": "13.50",
                "discount": "1.35",
                "tax_rate": "19",
                "tax": "1.94",
            },
            {
                "name": "Book",
                "sku": "",
                "options": {},
                "quantity": 1,
                "unit_price": "10.00",
                "line_total": "10.00",
                "discount": "1.00",
                "tax_rate": "7",
                "tax": "0.59",
            },
        ],
        "adjustments": [
            {"kind": "discount", "name": "Ten percent", "amount": "2.35", "voucher": "TEN"},
            {"kind": "shipping", "name": "Standard", "amount": "4.90", "voucher": ""},
        ],
        "prices_include_tax": True,
        "subtotal": "23.50",
        "taxes": [
            {"name": "VAT", "rate": "19", "base": "14.33", "amount": "2.72", **place},
            {"name": "VAT (reduced)", "rate": "7", "base": "8.41", "amount": "0.59", **place},
        ],
        "net": "22.74",
        "tax_total": "3.31",
        "total": "26.05",
        "notes": [],
    }


def test_an_order_gets_one_invoice_when_it_is_first_paid_or_shipped(amy, ada, tea):
    order = place_order(ada.user, tea)
    pay(order, method="cash_on_delivery")
    work()
    assert documents(order) == []  # it is neither paid nor shipped
    ship_order(order_id=order.pk, actor=amy.user)
    work()
    first = Invoice.objects.get()
    shipped_on = day_of(first.issued_at).isoformat()
    assert first.content["order"]["shipped_on"] == shipped_on
    payment = Payment.objects.get()
    assert amy.post(f"/api/payments/{payment.pk}/record/").status_code == 200
    work()
    assert documents(order) == [(f"INV-{YEAR}-00001", "4.50", "0.00", "4.50")]
    again = issue_invoice(order_id=order.pk)
    assert (again.pk, DocumentCounter.objects.get().last_number) == (first.pk, 1)


def test_credit_notes_return_the_tax_of_each_rate_exactly_over_many_refunds(bought, amy):
    work()
    for amount in ("0.01", "10.00", "0.01", "3.33", None):
        refund(bought, amount, amy.user)
        work()
        work()
    assert documents(bought) == [
        (f"INV-{YEAR}-00001", "22.74", "3.31", "26.05"),
        (f"CN-{YEAR}-00001", "0.01", "0.00", "0.01"),
        (f"CN-{YEAR}-00002", "8.73", "1.27", "10.00"),
        (f"CN-{YEAR}-00003", "0.00", "0.01", "0.01"),
        (f"CN-{YEAR}-00004", "2.92", "0.41", "3.33"),
        (f"CN-{YEAR}-00005", "11.08", "1.62", "12.70"),
    ]
    notes = list(Invoice.objects.filter(kind="credit_note"))
    for rate, expected in taxes(Invoice.objects.get(kind="invoice")).items():
        sums = [sum(Decimal(taxes(n).get(rate, (0, 0))[i]) for n in notes) for i in (0, 1)]
        assert sums == list(map(Decimal, expected)), rate
    assert notes[0].content["refers_to"]["number"] == f"INV-{YEAR}-00001"
    assert {note.refund_id for note in notes} == set(Refund.objects.values_list("pk", flat=True))


def test_a_credit_of_items_and_shipping_returns_their_tax(bought):
    """The book is at 7 %, tea and shipping are at 19 %. What does not fit goes to the rest."""
    tea, book = OrderItem.objects.order_by("pk")
    items = (CreditedItem(book.pk, 1, Decimal("9.00")),)
    first = issue_credit_note(order_id=bought.pk, credit=Credit(Decimal("9.00"), items))
    assert taxes(first) == {"7": ("8.41", "0.59")}
    assert first.content["items"][0]["name"] == "Book"
    items = (CreditedItem(tea.pk, 1, Decimal("4.05")), CreditedItem(book.pk, 0, Decimal("1.00")))
    credit = Credit(Decimal("9.95"), items, shipping=Decimal("4.90"))
    second = issue_credit_note(order_id=bought.pk, credit=credit)
    assert taxes(second) == {"19": ("8.36", "1.59")}
    third = issue_credit_note(order_id=bought.pk, credit=Credit(Decimal("100.00")))
    assert taxes(third) == {"19": ("5.97", "1.13")}
    assert str(third.total) == "7.10"  # all that was left of 26.05
    assert issue_credit_note(order_id=bought.pk, credit=Credit(Decimal("0.01"))) is None


def test_an_invoice_takes_a_credit_note_back_once(bought, amy):
    failed = refund(bought, "5.00", amy.user)
    work()
    taken_back = take_back(refund_id=failed.pk)
    assert take_back(refund_id=failed.pk) == taken_back
    assert documents(bought) == [
        (f"INV-{YEAR}-00001", "22.74", "3.31", "26.05"),
        (f"CN-{YEAR}-00001", "4.37", "0.63", "5.00"),
        (f"INV-{YEAR}-00002", "4.37", "0.63", "5.00"),
    ]
    rest = issue_credit_note(order_id=bought.pk, credit=Credit(Decimal("26.05")))
    assert (rest.net, rest.tax) == (Decimal("22.74"), Decimal("3.31"))


def test_cancelled_items_that_were_paid_are_credited_with_their_refund(bought, amy):
    work()
    tea = OrderItem.objects.order_by("pk")[0]
    services.cancel_items(order_id=bought.pk, units={tea.product_id: 1}, actor=amy.user)
    services.send_refunds_of_cancellations(bought.pk)
    work()
    assert documents(bought)[1:] == [(f"CN-{YEAR}-00001", "3.40", "0.65", "4.05")]
    note = Invoice.objects.get(kind="credit_note")
    assert taxes(note) == {"19": ("3.40", "0.65")}
    assert [(row["name"], row["quantity"]) for row in note.content["items"]] == [("Tea", 1)]


def test_cancelled_items_that_were_never_paid_are_credited_after_the_invoice(amy, ada, tea):
    """The total of an order never changes, so the invoice has them too."""
    cup = ProductFactory(name="Cup", price="3.00")
    order = place_order(ada.user, tea, cup, quantity=2)
    pay(order, method="cash_on_delivery")
    services.cancel_items(order_id=order.pk, units={cup.pk: 1}, actor=amy.user)
    work()
    assert documents(order) == []
    ship_order(order_id=order.pk, actor=amy.user)
    work()
    assert [(number[:3], total) for number, *_, total in documents(order)] == [
        ("INV", "15.00"),
        ("CN-", "3.00"),
    ]
    note = Invoice.objects.get(kind="credit_note")
    assert [(row["name"], row["quantity"]) for row in note.content["items"]] == [("Cup", 1)]
    payment = Payment.objects.get()
    assert amy.post(f"/api/payments/{payment.pk}/record/").status_code == 200
    refund(order, "2.00", amy.user)
    work()
    assert [total for *_, total in documents(order)] == ["15.00", "3.00", "2.00"]
    assert_audit_passes()


def test_a_refund_that_fails_after_it_had_succeeded_is_invoiced_again(bought, amy):
    row = refund(bought, "5.00", amy.user)
    work()
    row.refresh_from_db()
    services.settle_refund(refund=row, outcome=RefundOutcome(RefundState.FAILED))
    work()
    refund(bought, "5.00", amy.user)
    work()
    assert [(number[:3], total) for number, *_, total in documents(bought)] == [
        ("INV", "26.05"),
        ("CN-", "5.00"),
        ("INV", "5.00"),
        ("CN-", "5.00"),
    ]


def test_a_credit_note_has_an_invoice_even_if_its_event_comes_first(bought, amy):
    row = refund(bought, "1.00", amy.user)
    issue_credit_note(order_id=bought.pk, credit=Credit(Decimal("1.00")), refund=row)
    work()
    numbers = [number for number, *_ in documents(bought)]
    assert numbers == [f"INV-{YEAR}-00001", f"CN-{YEAR}-00001"]


def test_a_late_payment_that_is_refunded_gets_no_document(ada, tea):
    order = place_order(ada.user, tea)
    pay(order, token="demo_late")
    cancel_order(order_id=order.pk, actor=ada.user)
    assert jobs.settle_payments() == 1
    work()
    assert Payment.objects.get().is_late
    assert Refund.objects.get().status == "succeeded"
    assert documents(order) == []


def test_an_order_of_an_earlier_release_has_an_invoice_without_tax(ada, tea, amy):
    order = place_order(ada.user, tea, quantity=2)
    names = ["number", "subtotal", "discount_total", "shipping_total", "fee_total", "tax_total"]
    names += ["prices_include_tax", "tax_rounding", "pay_before"]
    Order.objects.update(email="", email_key="", **dict.fromkeys(names))
    names = ["regular_unit_price", "discount", "tax_rate", "tax", "weight", "requires_shipping"]
    OrderItem.objects.update(**dict.fromkeys(names))
    pay(order)
    refund(order, "4.00", amy.user)
    work()
    assert [(net, tax, total) for _, net, tax, total in documents(order)] == [
        ("None", "None", "9.00"),
        ("None", "None", "4.00"),
    ]
    content = Invoice.objects.get(kind="invoice").content
    assert (content["order"]["number"], content["taxes"]) == (str(order.pk), [])
    assert content["buyer"]["address"] == [ada.user.email]


def test_a_reverse_charge_is_named(anyone, tea, settings, unthrottled):
    settings.REVERSE_CHARGE, settings.HOME_COUNTRY = True, "DE"
    create_tax_rate("DE", "19")
    create_tax_rate("FR", "20")
    confirm_vat_number(number="FR40303265045", source="VIES")
    address = ADDRESS | {"country": "FR", "postal_code": "75001", "vat_number": "FR40303265045"}
    order = buy(anyone, (tea, 1), billing_address=address, country="FR")
    work()
    content = Invoice.objects.get(order=order).content
    assert content["notes"] == [
        {
            "code": "reverse_charge",
            "text": "Reverse charge: the recipient of the supply owes the VAT.",
        }
    ]
    assert content["buyer"]["vat_number"] == "FR40303265045"
    assert (content["tax_total"], content["prices_include_tax"]) == ("0.00", False)


def test_the_year_of_a_number_is_that_of_the_shops_time_zone(settings):
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert day_of(moment).year == 2026
    settings.TIME_ZONE = "Europe/Berlin"
    assert day_of(moment).isoformat() == "2027-01-01"


def test_without_invoices_none_is_issued(bought, settings):
    settings.INVOICES = False
    work()
    assert documents(bought) == []


# -- numbers -------------------------------------------------------------------------------------


def test_the_database_refuses_to_change_an_invoice(bought):
    invoice = issue_invoice(order_id=bought.pk)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE payments_invoice SET total = 1")
    for change in (
        invoice.save,
        invoice.delete,
        Invoice.objects.all().delete,
        lambda: Invoice.objects.update(total=1),
    ):
        with pytest.raises(TypeError):
            change()
    assert documents(bought) == [(f"INV-{YEAR}-00001", "22.74", "3.31", "26.05")]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_takes_its_number_back(ada, tea):
    orders = [place_order(ada.user, tea) for _ in range(2)]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        issue_invoice(order_id=orders[0].pk)
        raise ZeroDivisionError
    assert issue_invoice(order_id=orders[1].pk).sequence == 1


@pytest.mark.django_db(transaction=True)
def test_invoices_issued_at_once_have_all_numbers_and_each_order_one(ada, tea):
    orders = [place_order(ada.user, tea).pk for _ in range(4)]
    calls = [lambda pk=pk: issue_invoice(order_id=pk).pk for pk in orders]
    issued = at_once(*calls, *calls)
    assert issued[:4] == issued[4:]
    sequences = sorted(Invoice.objects.values_list("sequence", flat=True))
    assert sequences == [1, 2, 3, 4]
    assert DocumentCounter.objects.get().last_number == 4


@pytest.mark.django_db(transaction=True)
def test_a_refund_gets_one_credit_note_also_if_it_is_handled_twice_at_once(ada, tea, amy):
    order = place_order(ada.user, tea)
    pay(order)
    row = refund(order, "2.00", amy.user)
    credit = Credit(Decimal("2.00"))
    times(4, lambda: issue_credit_note(order_id=order.pk, credit=credit, refund=row))
    assert [total for *_, total in documents(order)] == ["4.50", "2.00"]
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_processes_that_are_killed_leave_no_gap(ada, tea, tmp_path):
    """``make invoice-storm`` kills processes at random moments, with 200 orders."""
    orders = [place_order(ada.user, tea).pk for _ in range(3)]
    environment = environment_for(
        url_of_the_tests_database(),
        DJANGO_SETTINGS_MODULE="shop.testing.faulty",
        FAULTS=str(tmp_path),
    )
    issue = f"from shop.testing.invoice_storm import issue_all; issue_all({orders})"
    with runner("import django; django.setup()", environment) as run:
        for point, ended in (("invoice.numbered", -9), ("invoice.inserted", -9), (None, 0)):
            if point is not None:
                (tmp_path / point).touch()
            assert run(issue, environment).returncode == ended
    assert problems(3) == []
    assert_audit_passes()
