"""Metadata of products, users, carts and orders."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from accounts.tests.test_admin import LIST as USERS
from accounts.tests.test_admin import browser_of
from cart.models import Cart
from catalog.models import Product
from orders.models import Order
from shop.core.metadata import validate_metadata
from shop.testing.serving import place_order


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"erp-id": "17", "a.b_C": ""},
        {f"k{n}": "v" for n in range(50)},
        {"k" * 64: "é" * 8000},
    ],
)
def test_metadata_is_an_object_of_strings(value):
    validate_metadata(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "JSON object"),
        ("text", "JSON object"),
        (None, "JSON object"),
        ({f"k{n}": "v" for n in range(51)}, "at most 50 keys"),
        ({"": "v"}, "A key must be"),
        ({"k" * 65: "v"}, "A key must be"),
        ({"two words": "v"}, "A key must be"),
        ({"k\n": "v"}, "A key must be"),
        ({"k": 1}, "must be a string"),
        ({"k": None}, "must be a string"),
        ({"k": {"a": "b"}}, "must be a string"),
        ({"k": "a\0b"}, "must be a string"),
        ({"k": "\ud800"}, "valid Unicode"),
        ({"k": "é" * 8200}, "at most 16384 bytes"),
    ],
)
def test_invalid_metadata_is_refused(value, message):
    with pytest.raises(ValidationError, match=message):
        validate_metadata(value)


def transaction_of(call):
    with transaction.atomic():
        return call()


def test_every_new_row_has_empty_metadata(ada, tea):
    order = place_order(ada.user, tea)
    assert (order.metadata, order.private_metadata) == ({}, {})
    assert transaction_of(lambda: Order.objects.lock(order.pk).metadata) == {}
    for model in (User, Product, Cart, Order):
        row = model.objects.get()
        assert (row.metadata, row.private_metadata) == ({}, {})


def test_the_previous_release_can_insert_rows_without_metadata(db):
    """The previous release still runs during a deployment."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO cart_cart (status) VALUES ('ordered')")
    cart = Cart.objects.get()
    assert (cart.metadata, cart.private_metadata) == ({}, {})


def test_a_login_and_a_new_password_do_not_change_metadata(anyone, db):
    UserFactory(username="eve", metadata={"a": "1"}, private_metadata={"b": "2"})
    body = {"username": "eve", "password": PASSWORD}
    assert anyone.post("/api/login/", body).status_code == 200
    user = User.objects.get_by_natural_key("eve")
    assert user.metadata == {"a": "1"}
    user = User.objects.get_by_natural_key("eve")
    user.set_password("an0ther-horse-battery")
    user.save()
    user = User.objects.get()
    assert (user.metadata, user.private_metadata) == ({"a": "1"}, {"b": "2"})


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ('{"erp": "17"}', {"erp": "17"}),
        ("", {}),
        ("{}", {}),
        ('{"erp": 17}', None),
        ("[]", None),
        ("nonsense", None),
    ],
)
def test_staff_edit_a_users_metadata(db, typed, stored):
    browser, _ = browser_of("view_user", "change_user")
    user = UserFactory(metadata={"old": "1"})
    form = {
        "username": user.username,
        "email": user.email,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "metadata": typed,
        "private_metadata": "{}",
    }
    answer = browser.post(f"{USERS}{user.pk}/change/", form)
    user.refresh_from_db()
    assert answer.status_code == (200 if stored is None else 302)
    assert user.metadata == ({"old": "1"} if stored is None else stored)


def test_staff_see_the_metadata_of_carts_and_orders(admin_browser, ada, tea):
    order = place_order(ada.user, tea)
    Order.objects.filter(pk=order.pk).update(private_metadata={"erp": "order-17"})
    Cart.objects.filter(pk=order.cart_id).update(metadata={"gift": "cart-18"})
    assert (
        "order-17" in admin_browser.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    )
    assert (
        "cart-18" in admin_browser.get(f"/admin/cart/cart/{order.cart_id}/change/").content.decode()
    )
