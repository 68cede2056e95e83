"""Changes of the addresses and the contact of an order before it is shipped."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.factories import staff_with
from cart.changes import change_cart
from cart.factories import fill_cart
from cart.guests import Buyer
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from cart.taxes.vat_numbers import VatNumber
from orders import services
from orders.errors import OrderNotChangeable
from orders.factories import place_order
from orders.models import Order, OrderAddress, OrderEvent
from orders.services import change_contact, confirm_order, ship_order
from orders.tokens import make_order_token
from payments.factories import pay
from shop.core.models import Event
from shop.testing.fixtures import Caller
from shop.testing.races import until_blocked
from shop.testing.rows import BERLIN

POTSDAM = {**BERLIN, "line1": "Am Neuen Markt 1", "postal_code": "14467", "city": "Potsdam"}
VIENNA = {**BERLIN, "line1": "Ring 1", "postal_code": "1010", "city": "Wien", "country": "AT"}
PARIS = {**BERLIN, "line1": "Rue 1", "postal_code": "75001", "city": "Paris", "country": "FR"}


def ordered(user, product, **members):
    """Place an order that is shipped to Berlin."""
    cart_id = fill_cart(user, product, quantity=2)
    change_cart(buyer=Buyer(user), changes={"shipping_address": BERLIN, **members})
    return services.place_order(buyer=Buyer(user), cart_id=cart_id)


def path_of(order):
    return f"/api/orders/{order.pk}/"


def stored(order):
    """Return all that a change could change, apart from the timeline."""
    rows = OrderAddress.objects.filter(order=order).order_by("kind").values()
    return [*rows], Order.objects.filter(pk=order.pk).values().get()


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def test_a_buyer_changes_addresses_until_the_order_is_paid(ada, tea):
    order = ordered(ada.user, tea)
    body = {"shipping_address": POTSDAM, "billing_address": BERLIN, "phone": "030 1234567"}
    changed = ada.patch(path_of(order), body)
    assert changed.status_code == 200
    answer = changed.json()
    assert answer["shipping_address"]["city"] == "Potsdam"
    assert answer["billing_address"]["city"] == "Berlin"
    assert (answer["phone"], answer["total"]) == ("+49301234567", "9.00")
    last = answer["events"][-1]
    assert last["note"] == "Changed: shipping address, billing address, phone number"
    assert (last["actor"], last["status"]) == ("ada", "pending")
    (event,) = Event.objects.filter(kind="order.changed")
    assert event.data == {"shipping_address": True, "billing_address": True, "phone": True}
    # The same again changes nothing, and null removes the billing address.
    ada.patch(path_of(order), body)
    assert Event.objects.filter(kind="order.changed").count() == 1
    assert ada.patch(path_of(order), {"billing_address": None}).json()["billing_address"] is None
    pay(order)
    before = stored(order)
    refused = ada.patch(path_of(order), {"shipping_address": BERLIN})
    assert refusal(refused) == (409, "order_not_changeable")
    assert stored(order) == before


def test_staff_change_them_until_a_part_is_shipped_and_buyers_never_the_email(
    ada, bob, amy, anyone, tea
):
    order = ordered(ada.user, tea)
    link = {"X-Order-Token": make_order_token(order)}
    pay(order)
    assert refusal(ada.patch(path_of(order), {"email": "a@example.com"}))[0] == 403
    changed = amy.patch(path_of(order), {"shipping_address": POTSDAM, "email": "New@Example.com"})
    assert (changed.status_code, changed.json()["email"]) == (200, "New@Example.com")
    assert Order.objects.get().email_key == "new@example.com"
    assert anyone.get(path_of(order), headers=link).json()["code"] == "order_token_invalid"
    clerk = Caller(staff_with("orders.view_order"))
    answers = [who.patch(path_of(order), {"phone": None}) for who in (clerk, bob, anyone)]
    assert [answer.status_code for answer in answers] == [403, 404, 401]
    ship_order(order_id=order.pk, actor=amy.user)
    before = stored(order)
    refused = amy.patch(path_of(order), {"shipping_address": BERLIN})
    assert refusal(refused) == (409, "order_not_changeable")
    assert stored(order) == before


def test_a_cancelled_order_and_an_incomplete_address_are_refused(ada, amy, tea):
    order = ordered(ada.user, tea)
    before = stored(order)
    wrong = [
        ({"shipping_address": {"country": "DE"}}, "shipping_address.name"),
        ({"shipping_address": {**BERLIN, "postal_code": "1"}}, "shipping_address.postal_code"),
        ({"shipping_address": None}, "shipping_address"),
        ({"phone": "12"}, "phone"),
        ({"note": "x"}, "note"),
    ]
    for body, field in wrong:
        answer = ada.patch(path_of(order), body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field
    assert stored(order) == before
    ada.post(f"{path_of(order)}cancel/")
    assert refusal(amy.patch(path_of(order), {"phone": None})) == (409, "order_not_changeable")


def test_a_guest_changes_the_order_of_a_link(anyone, ada, tea):
    order = ordered(ada.user, tea, phone="+49301234567")
    link = {"X-Order-Token": make_order_token(order)}
    changed = anyone.patch(path_of(order), {"phone": None}, headers=link)
    assert (changed.json()["phone"], changed.json()["events"][-1]["actor"]) == ("", "guest")


@pytest.fixture
def european_shop(settings, db):
    """DE and AT have the same price of shipping, but tax of their own; FR ships for more."""
    settings.HOME_COUNTRY = "DE"
    create_method(prices={"DE AT": "4.90", "FR": "9.90"})
    for country, rate in (("DE", "19"), ("AT", "20"), ("FR", "19")):
        create_tax_rate(country, rate)


@pytest.mark.usefixtures("european_shop")
def test_an_address_with_other_amounts_is_refused(ada, amy, tea):
    order = ordered(ada.user, tea)
    assert str(order.total) == "13.90"
    before = stored(order)
    for address, amounts in (
        (VIENNA, ["tax_total"]),
        (PARIS, ["shipping_total", "tax_total"]),
        ({**VIENNA, "country": "CH", "postal_code": "8001"}, ["shipping_total", "tax_total"]),
    ):
        refused = amy.patch(path_of(order), {"shipping_address": address})
        assert refusal(refused) == (409, "amounts_would_change")
        assert refused.json()["amounts"] == amounts
    assert stored(order) == before
    assert amy.patch(path_of(order), {"shipping_address": POTSDAM}).status_code == 200
    # The bill may go abroad: the goods decide about the tax.
    assert amy.patch(path_of(order), {"billing_address": VIENNA}).status_code == 200


@pytest.mark.usefixtures("european_shop")
def test_a_number_that_shifts_the_tax_to_the_buyer_is_refused(ada, amy, tea, settings):
    settings.REVERSE_CHARGE = True
    number = "FR40303265045"
    VatNumber.objects.create(number=number, source="VIES")
    order = ordered(ada.user, tea, shipping_address=PARIS)
    body = {"billing_address": {**PARIS, "vat_number": number}}
    refused = amy.patch(path_of(order), body)
    assert refusal(refused) == (409, "amounts_would_change")
    other = {"billing_address": {**PARIS, "vat_number": "FR83404833048"}}
    assert amy.patch(path_of(order), other).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_just_being_shipped_keeps_its_address(ada, amy, tea):
    order = ordered(ada.user, tea)
    confirm_order(order_id=order.pk, actor=None)

    def change():
        try:
            change = {"shipping_address": POTSDAM}
            change_contact(order_id=order.pk, changes=change, actor=amy.user, is_late=True)
        except OrderNotChangeable:
            return "refused"
        finally:
            connection.close()
        return "changed"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ship_order(order_id=order.pk, actor=amy.user)
            late = pool.submit(change)
            until_blocked(1)
        assert late.result() == "refused"
    assert OrderAddress.objects.get().city == "Berlin"
    assert not OrderEvent.objects.filter(note__startswith="Changed").exists()


def test_an_order_without_addresses_gets_one(ada, amy, tea):
    order = place_order(ada.user, tea)
    assert amy.patch(path_of(order), {"shipping_address": BERLIN}).status_code == 200
    assert OrderAddress.objects.get().city == "Berlin"
