"""Orders against changes of their cart, of vouchers and of the configuration, at the same time."""

from functools import partial

import pytest

from cart.promotions.factories import create_voucher
from cart.promotions.models import Voucher
from cart.shipping.factories import create_method
from cart.shipping.models import ShippingRate
from cart.taxes.factories import create_tax_rate
from cart.taxes.models import TaxRate
from catalog.models import Product
from orders.models import Order
from orders.tests.test_guests import ADDRESS, Guest
from shop.testing.assertions import assert_audit_passes
from shop.testing.races import at_once

CART, ORDERS = "/api/cart/", "/api/orders/"


@pytest.fixture(autouse=True)
def _unthrottled(unthrottled):
    """Guests may order often."""


@pytest.mark.django_db(transaction=True)
def test_a_voucher_is_not_used_more_often_than_its_limit(anyone, tea):
    create_voucher(max_uses=2)
    guests = [
        Guest(anyone, tea, email=f"guest{n}@example.com", voucher_codes=["WELCOME"])
        for n in range(6)
    ]
    responses = at_once(*[partial(guest.order, expected_total="4.05") for guest in guests])
    assert sorted(response.status_code for response in responses) == [201, 201, 409, 409, 409, 409]
    codes = {response.json()["code"] for response in responses if response.status_code == 409}
    assert codes == {"voucher_not_applicable"}
    assert (Voucher.objects.get().used, Order.objects.count()) == (2, 2)
    assert Product.objects.get().stock == 8
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_a_customer_does_not_use_a_voucher_more_often_than_allowed(anyone, tea):
    """The customer is known by the e-mail address, in any spelling."""
    create_voucher(max_uses_per_customer=1)
    addresses = ["ada@example.com", "ADA@example.com", "Ada@EXAMPLE.com", "ada@example.com"]
    guests = [Guest(anyone, tea, email=email, voucher_codes=["WELCOME"]) for email in addresses]
    responses = at_once(*[partial(guest.order, expected_total="4.05") for guest in guests])
    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409]
    assert (Voucher.objects.get().used, Order.objects.count()) == (1, 1)
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_an_address_that_changes_meanwhile_is_the_old_or_the_new_one(anyone, tea, attempt):
    create_method(prices={"DE": "4.90", "AT": "9.90"})
    guest = Guest(anyone, tea, shipping_address=ADDRESS)
    vienna = ADDRESS | {"postal_code": "1010", "city": "Wien", "country": "AT"}
    placed, changed = at_once(
        guest.order,
        lambda: anyone.patch(CART, {"shipping_address": vienna}, headers=guest.headers),
    )
    assert placed.status_code == 201
    assert changed.status_code in {200, 409}
    body = guest.get(f"{ORDERS}{placed.json()['order_id']}/").json()
    found = (body["shipping_address"]["country"], body["shipping_total"], body["total"])
    assert found == (
        ("AT", "9.90", "14.40") if changed.status_code == 200 else ("DE", "4.90", "9.40")
    )
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_rates_that_change_meanwhile_are_those_of_before_or_after(anyone, tea, attempt):
    create_method(prices={"DE": "4.90"})
    create_tax_rate("DE", "19")
    guest = Guest(anyone, tea, shipping_address=ADDRESS)

    def change_shipping():
        rate = ShippingRate.objects.get()
        rate.price = "5.90"
        rate.save()

    def change_tax():
        rate = TaxRate.objects.get()
        rate.rate = "7"
        rate.save()

    placed, *_ = at_once(partial(guest.order, expected_total="9.40"), change_shipping, change_tax)
    if placed.status_code == 409:
        assert placed.json()["code"] == "total_changed"
        assert placed.json()["total"] == "10.40"
        assert not Order.objects.exists()
    else:
        body = guest.get(f"{ORDERS}{placed.json()['order_id']}/").json()
        assert body["shipping_total"] == "4.90"
        assert body["tax_total"] in {"1.50", "0.61"}
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_the_token_of_a_guest_places_one_order(anyone, tea):
    guest = Guest(anyone, tea, quantity=2)
    add = {"product_id": tea.pk, "quantity": 1}
    responses = at_once(
        *[guest.order] * 3, lambda: anyone.post("/api/cart/add/", add, headers=guest.headers)
    )
    assert sorted(response.status_code for response in responses[:3]) == [201, 409, 409]
    assert responses[3].status_code == 200
    order = Order.objects.get()
    new_cart = responses[3].json()
    assert (order.items.get().quantity, new_cart["cart_id"]) in {
        (3, guest.cart_id),
        (2, new_cart["cart_id"]),
    }
    assert_audit_passes()
