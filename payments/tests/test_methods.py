"""Which payment methods buyers can choose, for which orders, and when an order is confirmed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.checks import run_checks
from django.db import connection, transaction

from catalog.factories import ProductFactory
from orders import services as orders
from orders.factories import place_order
from payments import jobs
from payments.factories import make_older, pay
from payments.models import LedgerEntry, Payment
from shop.testing.assertions import assert_audit_passes
from shop.testing.races import at_once, until_blocked

PAYMENTS = "/api/payments/"

pytestmark = pytest.mark.django_db


def post(caller, order, method):
    return caller.post(PAYMENTS, {"order_id": order.pk, "payment_method": method})


def codes(caller):
    return [m["code"] for m in caller.get(f"{PAYMENTS}methods/").json()["payment_methods"]]


@pytest.mark.parametrize(
    ("chosen", "debug", "expected"),
    [
        ([], False, ["card"]),
        ([], True, ["card", "cash_on_delivery", "bank_transfer"]),
        (["bank_transfer"], False, ["bank_transfer"]),
        (["bank_transfer", "card"], False, ["card", "bank_transfer"]),
    ],
)
def test_a_setting_selects_the_payment_methods(anyone, settings, chosen, debug, expected):
    settings.PAYMENT_METHODS, settings.DEBUG = chosen, debug
    assert codes(anyone) == expected


def test_a_method_that_is_not_selected_is_refused(ada, tea, settings):
    settings.PAYMENT_METHODS = ["card"]
    order = place_order(ada.user, tea)
    response = post(ada, order, "cash_on_delivery")
    assert (response.status_code, response.json()["payment_methods"]) == (400, ["card"])
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        (["card", "bank_transfer"], []),
        (["card", "paypal"], ["payments.E001"]),
        (["stripe"], ["payments.E002", "payments.W001"]),
    ],
)
def test_the_check_names_methods_that_buyers_could_not_choose(settings, chosen, ids):
    settings.PAYMENT_METHODS = chosen
    found = [m.id for m in run_checks() if (m.id or "").startswith("payments.")]
    assert found == ids


def test_the_check_asks_for_the_account_of_bank_transfers(settings):
    def found():
        messages = run_checks(include_deployment_checks=True)
        return [m.id for m in messages if m.id == "payments.W003"]

    settings.PAYMENT_METHODS, settings.SELLER_IBAN = ["card", "bank_transfer"], ""
    assert found() == ["payments.W003"]
    settings.SELLER_IBAN = "DE89370400440532013000"
    assert found() == []
    settings.PAYMENT_METHODS, settings.SELLER_IBAN = ["card"], ""
    assert found() == []


@pytest.mark.parametrize(
    ("method", "price", "status"),
    [
        ("cash_on_delivery", "500.00", 201),
        ("cash_on_delivery", "500.01", 409),
        ("bank_transfer", "5000.00", 201),
        ("bank_transfer", "5000.01", 409),
        ("card", "5000.01", 201),
    ],
)
def test_a_manual_method_has_a_maximum_amount(ada, method, price, status):
    order = place_order(ada.user, ProductFactory(price=price))
    response = post(ada, order, method)
    assert response.status_code == status
    assert Payment.objects.count() == (status == 201)
    if status == 409:
        limit = "500.00" if method == "cash_on_delivery" else "5000.00"
        body = response.json()
        assert (body["code"], body["payment_method"], body["limit"]) == (
            "payment_method_limit",
            method,
            limit,
        )


@pytest.fixture
def known_only(settings):
    settings.CASH_ON_DELIVERY_ACCEPT = "known"


def status_of(order):
    order.refresh_from_db()
    return order.status


def test_staff_confirm_the_first_order_with_cash_on_delivery(ada, amy, tea, known_only):
    order = place_order(ada.user, tea)
    pay(order, method="cash_on_delivery")
    assert status_of(order) == "pending"
    assert jobs.settle_payments() == 0
    assert status_of(order) == "pending"
    orders.confirm_order(order_id=order.pk, actor=amy.user)
    make_older(order, days=30)
    make_older(Payment.objects.get(), days=30)
    assert (jobs.expire_orders(), status_of(order)) == (0, "confirmed")
    assert Payment.objects.get().status == "pending"
    assert_audit_passes()


@pytest.mark.parametrize(("hours", "expired", "status"), [(47, 0, "pending"), (49, 1, "cancelled")])
def test_an_order_that_staff_do_not_confirm_expires_after_two_days(
    ada, tea, known_only, hours, expired, status
):
    order = place_order(ada.user, tea)
    payment = pay(order, method="cash_on_delivery")
    for row in (order, payment):
        make_older(row, days=hours / 24)
    assert jobs.expire_orders() == expired
    assert (status_of(order), Payment.objects.get().status) == (status, status)
    assert_audit_passes()


def test_a_buyer_who_has_paid_before_is_confirmed_at_once(ada, tea, known_only):
    pay(place_order(ada.user, tea))
    order = place_order(ada.user, tea)
    pay(order, method="cash_on_delivery")
    assert status_of(order) == "confirmed"


def test_an_order_that_cost_nothing_makes_no_buyer_known(ada, tea, known_only):
    free = place_order(ada.user, ProductFactory(price=0))
    assert status_of(free) == "paid"
    order = place_order(ada.user, tea)
    pay(order, method="cash_on_delivery")
    assert status_of(order) == "pending"


def test_a_known_buyer_with_many_unpaid_orders_waits_for_staff(ada, tea, known_only, settings):
    settings.MAX_OPEN_ORDERS = 2
    pay(place_order(ada.user, tea))
    placed = [place_order(ada.user, tea) for _ in range(2)]
    for order in placed:
        pay(order, method="cash_on_delivery")
    third = place_order(ada.user, tea)
    pay(third, method="cash_on_delivery")
    assert [status_of(order) for order in (*placed, third)] == ["confirmed", "confirmed", "pending"]


def test_the_rule_staff_confirms_no_order_at_once(ada, tea, settings):
    settings.CASH_ON_DELIVERY_ACCEPT = "staff"
    pay(place_order(ada.user, tea))
    order = place_order(ada.user, tea)
    pay(order, method="cash_on_delivery")
    assert status_of(order) == "pending"


def keep_payments_open():
    """Until the end of the transaction, let others wait before they can cancel a payment."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {LedgerEntry._meta.db_table} IN SHARE MODE")


@pytest.mark.django_db(transaction=True)
def test_staff_and_the_expiry_agree_about_an_order(ada, amy, tea, known_only):
    """On PostgreSQL, staff wait while the job cancels the payment, and come before its next step."""
    order = place_order(ada.user, tea)
    payment = pay(order, method="cash_on_delivery")
    for row in (order, payment):
        make_older(row, days=3)

    def confirm():
        try:
            orders.confirm_order(order_id=order.pk, actor=amy.user)
        except orders.IllegalTransition:
            return "refused"
        return "confirmed"

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            keep_payments_open()
            expiring = pool.submit(at_once, jobs.expire_orders)
            until_blocked(1)
            confirming = pool.submit(at_once, confirm)
            until_blocked(2)
        (_,), (answer,) = expiring.result(), confirming.result()
    payment.refresh_from_db()
    expected = {"confirmed": ("confirmed", "pending"), "refused": ("cancelled", "cancelled")}
    assert (status_of(order), payment.status) == expected[answer]
    assert_audit_passes()
