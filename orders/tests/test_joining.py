"""Orders of guests that join an account."""

import pytest
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.links import make_verification_token
from orders.models import Order, OrderEvent
from orders.services import join_account_of_address
from orders.tests.test_guests import Guest
from orders.tokens import make_order_token
from shop.core import deliveries
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes
from shop.testing.fixtures import Caller

pytestmark = pytest.mark.usefixtures("unthrottled")

ORDERS = "/api/orders/"


class Link:
    """Somebody with the link of an order."""

    def __init__(self, client, order_id):
        token = make_order_token(Order.objects.get(pk=order_id))
        self.client, self.headers = client, {"X-Order-Token": token}

    def get(self, path):
        """Read something with the token."""
        return self.client.get(path, headers=self.headers)


def joined_by(user):
    return ("Joined the account", user.username)


def notes_of(order_id, reader):
    events = reader.get(f"{ORDERS}{order_id}/").json()["events"]
    return [(event["note"], event["actor"]) for event in events]


def run_handlers():
    while deliveries.dispatch():
        pass
    while deliveries.deliver_next():
        pass


def pay_as(guest, order_id):
    body = {"order_id": order_id, "payment_method": "card"}
    assert guest.post("/api/payments/", body).status_code == 201


def test_orders_of_a_guest_join_the_account_of_the_verified_address(anyone, bob, tea):
    guest, other = Guest(anyone, tea), Guest(anyone, tea, email="other@example.com")
    order_id = guest.order().json()["order_id"]
    other.order()
    user = UserFactory(email="Guest@example.com")
    assert Order.objects.filter(user=user).count() == 0
    token = make_verification_token(user)
    verified = anyone.post("/api/users/verify-email/confirm/", {"token": token})
    assert verified.status_code == 200
    assert list(Order.objects.filter(user=user).values_list("pk", flat=True)) == [order_id]
    assert notes_of(order_id, Caller(user)) == [("Order placed", "guest"), joined_by(user)]
    assert notes_of(order_id, guest) == [("Order placed", "guest")]
    assert_audit_passes()


def test_a_later_order_joins_the_account_when_it_is_paid(anyone, bob, tea):
    user = UserFactory(email="Guest@example.com", email_verified_at=timezone.now())
    run_handlers()  # a handler receives the events since the first run
    guest, unpaid = Guest(anyone, tea), Guest(anyone, tea)
    order_id = guest.order().json()["order_id"]
    unpaid.order()
    run_handlers()
    assert not Order.objects.filter(user=user).exists()
    pay_as(guest, order_id)
    run_handlers()
    caller = Caller(user)
    listed = caller.get(ORDERS).json()["orders"]
    assert [order["order_id"] for order in listed] == [order_id]
    assert notes_of(order_id, caller)[-1] == joined_by(user)
    for reader in (guest, Link(anyone, order_id)):
        seen = reader.get(f"{ORDERS}{order_id}/")
        assert seen.status_code == 200
        assert (b"Joined" in seen.content, user.username.encode() in seen.content) == (False, False)
    before = list(OrderEvent.objects.values())
    for event in Event.objects.filter(kind="order.paid"):
        join_account_of_address(event)
    assert list(OrderEvent.objects.values()) == before
    assert_audit_passes()


@pytest.mark.parametrize(
    "account",
    [
        {"email": "other@example.com", "email_verified_at": timezone.now()},
        {"email": "guest@example.com", "email_verified_at": None},
        {"email": "guest@example.com", "email_verified_at": timezone.now(), "is_active": False},
    ],
)
def test_no_other_account_gets_a_paid_order(anyone, tea, account):
    UserFactory(**account)
    run_handlers()
    guest = Guest(anyone, tea)
    order_id = guest.order().json()["order_id"]
    pay_as(guest, order_id)
    run_handlers()
    assert Order.objects.get().user is None
