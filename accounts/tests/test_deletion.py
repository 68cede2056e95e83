"""DELETE /api/users/me/: what goes, what stays, and who may."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client

from accounts import links, services
from accounts.errors import WrongPassword
from accounts.factories import PASSWORD, UserFactory
from accounts.models import Address, User
from accounts.tests.test_address_book import BERLIN
from cart.factories import fill_cart
from cart.models import Cart
from orders.factories import place_order
from orders.models import Order
from shop.core.handlers import InvalidToken
from shop.core.models import Event, IdempotencyKey
from shop.testing.assertions import assert_audit_passes
from shop.testing.fixtures import Caller

pytestmark = pytest.mark.django_db

ME = "/api/users/me/"
ADA = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}


def delete(caller, password=PASSWORD):
    return caller.delete(ME, {"password": password}, format="json")


def test_a_deleted_account_names_nobody_and_its_names_are_free(ada, anyone):
    profile = {
        "first_name": "Ada",
        "last_name": "King",
        "phone": "+44 1632 960961",
        "language": "de",
        "metadata": {"erp-id": "17"},
    }
    assert ada.patch(ME, profile, format="json").status_code == 200
    assert ada.post("/api/addresses/", BERLIN, headers={"Idempotency-Key": "k"}).status_code == 201
    assert delete(ada).status_code == 204

    user = User.objects.get()
    assert user.username.startswith("deleted-")
    assert user.email == f"{user.username}@deleted.invalid"
    assert (user.first_name, user.last_name, user.phone, user.language) == ("", "", "", "")
    assert (user.metadata, user.private_metadata, user.email_verified_at) == ({}, {}, None)
    assert (user.is_active, user.has_usable_password()) == (False, False)
    assert user.deleted_at is not None
    assert not Address.objects.exists()
    assert not IdempotencyKey.objects.exists()
    event = Event.objects.get(kind="user.deleted")
    assert (event.object_id, event.data, event.is_internal) == (user.pk, {}, True)

    again = anyone.post("/api/users/", ADA)
    assert again.status_code == 201
    assert again.json()["id"] != user.pk
    assert_audit_passes()


def test_all_sessions_end(ada, anyone):
    other, browser = Caller(ada.user), Client()
    browser.force_login(ada.user)
    assert delete(ada).status_code == 204
    for caller in (ada, other):
        assert caller.get(ME).status_code == 401
        refreshed = anyone.post("/api/token/refresh/", {"refresh": caller.pair.refresh})
        assert refreshed.status_code == 401
    assert browser.get("/admin/").status_code == 302
    assert anyone.post("/api/login/", {"username": "ada", "password": PASSWORD}).status_code == 401


def test_orders_stay_and_their_history_has_no_old_name(ada, amy, tea):
    order = place_order(ada.user, tea)
    Cart.objects.filter(pk=order.cart_id).update(
        email="ada@example.com", shipping_address={"name": "Ada"}, metadata={"a": "b"}
    )
    open_cart = fill_cart(ada.user, tea)
    assert delete(ada).status_code == 204
    seen = amy.get(f"/api/orders/{order.pk}/")
    assert (seen.status_code, seen.json()["status"]) == (200, "pending")
    actors = {event["actor"] for event in seen.json()["events"]}
    assert actors == {User.objects.get(pk=ada.user.pk).username}
    assert seen.json()["email"] == "ada@example.com"  # the copy of the order
    assert not Cart.objects.filter(pk=open_cart).exists()
    cart = Cart.objects.get(pk=order.cart_id)
    assert (cart.email, cart.shipping_address, cart.metadata) == ("", None, {})
    assert cart.status == "ordered"
    assert_audit_passes()


def test_an_order_of_a_guest_that_joined_the_account_stays_too(anyone, tea):
    items = [{"product_id": tea.pk, "quantity": 1}]
    address = {"shipping_address": BERLIN, "note": "Ring twice"}
    body = {"items": items, "email": "Ada@example.com", **address}
    cart = anyone.post("/api/cart/", body, format="json").json()
    guest = {"X-Cart-Token": cart["cart_token"]}
    order = anyone.post("/api/orders/", {"cart_id": cart["cart_id"]}, headers=guest).json()

    ada = Caller(UserFactory(username="ada"))
    assert ada.get("/api/orders/").json()["count"] == 0
    token = links.make_verification_token(ada.user)
    assert anyone.post("/api/users/verify-email/confirm/", {"token": token}).status_code == 200
    assert [row["order_id"] for row in ada.get("/api/orders/").json()["orders"]] == [
        order["order_id"]
    ]

    assert delete(ada).status_code == 204
    assert Order.objects.get().email == "Ada@example.com"
    kept = Cart.objects.get()
    assert (kept.status, kept.email, kept.shipping_address, kept.note) == ("ordered", "", None, "")
    assert_audit_passes()


def test_the_log_of_the_admin_has_no_old_name(ada, amy):
    LogEntry.objects.log_actions(amy.user.pk, [ada.user], 2)
    assert delete(ada).status_code == 204
    names = set(LogEntry.objects.values_list("object_repr", flat=True))
    assert names == {User.objects.get(pk=ada.user.pk).username}


def test_cleanup_deletes_a_cart_that_was_opened_meanwhile(ada, bob, tea, capsys):
    order = place_order(ada.user, tea)
    assert delete(ada).status_code == 204
    late, other = fill_cart(ada.user, tea), fill_cart(bob.user, tea)
    call_command("cleanup", "--keep-files")
    assert "1 carts of deleted accounts deleted" in capsys.readouterr().out
    assert not Cart.objects.filter(pk=late).exists()
    assert Cart.objects.filter(pk__in=[order.cart_id, other]).count() == 2


def test_another_user_is_not_changed(ada, bob, tea):
    assert bob.post("/api/addresses/", BERLIN).status_code == 201
    fill_cart(bob.user, tea)
    before = User.objects.filter(username="bob").values().get()
    assert delete(ada).status_code == 204
    assert User.objects.filter(username="bob").values().get() == before
    assert bob.get("/api/addresses/").json()["count"] == 1
    assert len(bob.get("/api/cart/").json()["cart_items"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"password": "wrong-battery"}, "wrong_password"),
        ({}, "invalid"),
        ({"password": ""}, "invalid"),
    ],
)
def test_it_needs_the_password(ada, body, code):
    before = User.objects.values().get()
    answer = ada.delete(ME, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert User.objects.values().get() == before
    assert ada.get(ME).status_code == 200


def test_wrong_passwords_count_as_failed_logins(ada):
    assert [delete(ada, "wrong-battery").status_code for _ in range(11)] == [400] * 10 + [429]
    assert delete(ada).status_code == 429
    assert User.objects.get().is_active


@pytest.mark.parametrize(
    "call",
    [
        lambda user: services.add_address(user=user, values=BERLIN),
        lambda user: services.change_profile(user=user, changes={"first_name": "Ada"}),
        lambda user: services.change_profile(user=user, changes={}),
        lambda user: services.delete_account(user=user, password=PASSWORD),
        lambda user: services.change_password(
            user=user, current=PASSWORD, new="staple-battery-horse"
        ),
    ],
    ids=["address", "profile", "nothing", "deletion", "password"],
)
def test_a_request_that_was_authenticated_before_changes_nothing(ada, call):
    before = User.objects.get()
    assert delete(ada).status_code == 204
    deleted = User.objects.values().get()
    with pytest.raises((InvalidToken, WrongPassword)):
        call(before)
    assert User.objects.values().get() == deleted
    assert not Address.objects.exists()


@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_staff_cannot_delete_their_accounts(role):
    colleague = Caller(UserFactory(username="cora", **{role: True}))
    answer = delete(colleague)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert User.objects.get().username == "cora"


def test_a_deleted_account_cannot_be_activated_in_the_admin(ada, admin_browser):
    assert delete(ada).status_code == 204
    user = User.objects.get(pk=ada.user.pk)
    page = admin_browser.get(f"/admin/accounts/user/{user.pk}/change/")
    fields = page.context["adminform"].form.initial
    form = {name: value for name, value in fields.items() if isinstance(value, str | int)}
    form |= {"is_active": "on", "metadata": "{}", "private_metadata": "{}"}
    form |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    hidden = page.context["adminform"].form.hidden_fields()
    form |= {field.html_name: field.value() for field in hidden}
    refused = admin_browser.post(f"/admin/accounts/user/{user.pk}/change/", form)
    assert "An account that was deleted cannot be active." in refused.content.decode()
    assert not User.objects.get(pk=ada.user.pk).is_active
