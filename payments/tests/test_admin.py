"""The admin of payments."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.factories import UserFactory, staff_with
from catalog.models import Product
from orders.factories import bare_orders, place_order
from orders.services import cancel_order
from payments.factories import pay, refund_payment
from payments.models import DemoCharge, Dispute, Payment, Refund
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import count_statements
from shop.testing.marks import on_one_database, on_one_engine
from shop.testing.pages import choose, messages_of, submit

pytestmark = on_one_engine

LIST = "/admin/payments/payment/"


def record(browser, *payments):
    return act(browser, "record_payment", *payments)


@pytest.mark.parametrize("method", ["bank_transfer", "cash_on_delivery"])
def test_staff_record_manual_payments(admin_browser, amy, ada, tea, method):
    payment = pay(place_order(ada.user, tea), method=method)
    assert record(admin_browser, payment) == [f"Recorded as paid: {payment}."]
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "paid")
    assert payment.order.events.latest("pk").actor == amy.user
    assert_audit_passes()


def test_recording_is_refused_for_settled_card_and_cancelled_payments(admin_browser, ada, tea):
    twice = pay(place_order(ada.user, tea), method="bank_transfer")
    record(admin_browser, twice)
    card = pay(place_order(ada.user, tea), token="demo_action")
    late = pay(place_order(ada.user, tea), method="bank_transfer")
    cancel_order(order_id=late.order_id, actor=ada.user)
    assert record(admin_browser, twice, card, late) == [
        f"{late}: An order that is cancelled does not accept payments.",
        f"{card}: The payment provider reports this money. It cannot be recorded by hand.",
        f"{twice}: A payment that is succeeded cannot be recorded as paid.",
    ]
    for payment, status in [(twice, "succeeded"), (card, "requires_action"), (late, "pending")]:
        payment.refresh_from_db()
        assert payment.status == status
    assert_audit_passes()


def test_a_payment_is_read_only(admin_browser, ada, tea):
    payment = pay(place_order(ada.user, tea))
    assert admin_browser.get(f"{LIST}{payment.pk}/change/").status_code == 200
    form = {"status": "refunded", "_save": "1"}
    assert admin_browser.post(f"{LIST}{payment.pk}/change/", form).status_code == 403
    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert admin_browser.get(f"{LIST}{payment.pk}/delete/").status_code == 403


def test_staff_without_the_permission_cannot_record_payments(ada, tea):
    payment = pay(place_order(ada.user, tea), method="bank_transfer")
    clerk, browser = UserFactory(is_staff=True), Client()
    clerk.user_permissions.add(Permission.objects.get(codename="view_payment"))
    browser.force_login(clerk)
    assert 'value="record_payment"' not in browser.get(LIST).content.decode()
    assert choose(browser, LIST, "record_payment", payment, post="yes").status_code == 403
    payment.refresh_from_db()
    assert payment.status == "pending"


@on_one_database
@pytest.mark.parametrize("path", [LIST, f"{LIST}?method=cash_on_delivery"])
def test_the_list_needs_the_same_number_of_statements_for_any_number_of_rows(admin_browser, path):
    def bare_payments(count):
        Payment.objects.bulk_create(
            Payment(order=order, method="cash_on_delivery", amount=order.total, currency="USD")
            for order in bare_orders(count)
        )

    bare_payments(5)
    few = count_statements(lambda: admin_browser.get(path))
    bare_payments(300)
    assert count_statements(lambda: admin_browser.get(path)) == few
    assert len(admin_browser.get(path).context["cl"].result_list) == 50


def test_the_list_searches_numbers_names_and_references(admin_browser, ada, bob, tea):
    other, mine = pay(place_order(bob.user, tea)), pay(place_order(ada.user, tea))
    found = {
        term: list(admin_browser.get(f"{LIST}?q={term}").context["cl"].queryset)
        for term in ("ADA", "ada@example", mine.provider_reference, "nobody")
    }
    assert list(found.values()) == [[mine], [mine], [mine], []]
    by_number = admin_browser.get(f"{LIST}?q={mine.order.number}").context["cl"].queryset
    assert list(by_number) == [mine]
    of_order = admin_browser.get(f"{LIST}?order__id__exact={other.order_id}").context["cl"].queryset
    assert list(of_order) == [other]
    assert list(admin_browser.get(f"{LIST}?method=bank_transfer").context["cl"].queryset) == []


def act(browser, action, *payments):
    return messages_of(choose(browser, LIST, action, *payments, post="yes"))


def test_staff_refund_the_rest_with_or_without_restocking(admin_browser, amy, ada, tea):
    kept, returned = [pay(place_order(ada.user, tea)) for _ in range(2)]
    refund_payment(kept, "1.00", actor=amy.user)
    assert act(admin_browser, "refund", kept) == [f"Refunded: {kept}."]
    assert act(admin_browser, "refund_and_restock", returned) == [f"Refunded: {returned}."]
    assert list(Refund.objects.order_by("pk").values_list("amount", "restock")) == [
        (Decimal("1.00"), False),
        (Decimal("3.50"), False),
        (Decimal("4.50"), True),
    ]
    assert Product.objects.get().stock == 9
    assert act(admin_browser, "refund", kept) == [
        f"{kept}: A payment that is refunded has no money to refund."
    ]
    assert_audit_passes()


def test_staff_capture_and_void(admin_browser, ada, tea, settings):
    settings.PAYMENT_CAPTURE = "on_shipment"
    first, second = [pay(place_order(ada.user, tea)) for _ in range(2)]
    assert act(admin_browser, "capture", first) == [f"Captured: {first}."]
    assert act(admin_browser, "void", second) == [f"Voided: {second}."]
    assert act(admin_browser, "capture", second) == [
        f"{second}: A payment that is cancelled cannot be captured."
    ]
    assert [Payment.objects.get(pk=p.pk).status for p in (first, second)] == [
        "succeeded",
        "cancelled",
    ]
    assert_audit_passes()


def test_staff_without_the_permission_cannot_refund(ada, tea):
    payment = pay(place_order(ada.user, tea))
    clerk, browser = UserFactory(is_staff=True), Client()
    names = ["view_payment", "change_payment"]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))
    browser.force_login(clerk)
    assert 'value="refund"' not in browser.get(LIST).content.decode()
    assert choose(browser, LIST, "refund", payment, post="yes").status_code == 403
    assert not Refund.objects.exists()


def test_the_page_of_a_payment_shows_its_ledger(admin_browser, amy, ada, tea):
    payment = pay(place_order(ada.user, tea), method="bank_transfer")
    record(admin_browser, payment)
    refund_payment(payment, "1.00", actor=amy.user)
    page = admin_browser.get(f"{LIST}{payment.pk}/change/").content.decode()
    assert [kind in page for kind in ("Captured", "Refunded", "amy")] == [True] * 3


def test_staff_refund_a_part_with_a_reason(admin_browser, ada, tea):
    payment = pay(place_order(ada.user, tea))
    page = f"{LIST}{payment.pk}/refund/"
    assert 'value="4.50"' in admin_browser.get(page).content.decode()
    form = {"amount": "1.25", "reason": "Broken lid", "restock": "on"}
    done = admin_browser.post(page, form, follow=True)
    refund = Refund.objects.get()
    assert [str(m) for m in done.context["messages"]] == [f"{refund}: succeeded."]
    assert (refund.amount, refund.reason, refund.restock) == (Decimal("1.25"), "Broken lid", True)
    assert Product.objects.get().stock == 10
    for wrong in ({"amount": "9"}, {"amount": "0"}, {"reason": "4242 4242 4242 4242"}):
        refused = admin_browser.post(page, {"amount": "1", "reason": ""} | wrong)
        assert (refused.status_code, bool(refused.context["form"].errors)) == (200, True)
    assert Refund.objects.count() == 1
    admin_browser.post(page, {"amount": "1.00", "reason": "Closed card", "by_hand": "on"})
    assert Refund.objects.latest("pk").by_hand
    assert DemoCharge.objects.get().refunded == Decimal("1.25")
    assert_audit_passes()


def test_the_refund_page_needs_the_permission(ada, tea):
    payment = pay(place_order(ada.user, tea))
    clerk, browser = UserFactory(is_staff=True), Client()
    clerk.user_permissions.set(Permission.objects.filter(codename="view_payment"))
    browser.force_login(clerk)
    assert browser.post(f"{LIST}{payment.pk}/refund/", {"amount": "1"}).status_code == 403
    assert not Refund.objects.exists()


def test_an_accountant_records_money_from_the_page_of_the_order(ada, tea):
    payment = pay(place_order(ada.user, tea), method="bank_transfer")
    accountant = Client()
    accountant.force_login(staff_with(group="accountant"))
    order_page = f"/admin/orders/order/{payment.order_id}/change/"
    page = accountant.get(order_page).content.decode()
    assert f'<a href="{LIST}{payment.pk}/change/">{payment.pk}</a>' in page
    assert f'href="{LIST}{payment.pk}/record/"' in page
    done = submit(accountant, accountant.get(f"{LIST}{payment.pk}/record/"))
    assert messages_of(done) == [f"Recorded as paid: {payment}."]
    assert done.request["PATH_INFO"] == order_page
    page = done.content.decode()
    assert f'href="{LIST}{payment.pk}/record/"' not in page
    assert f'href="{LIST}orders/{payment.order_id}/refund/"' in page
    again = accountant.get(f"{LIST}{payment.pk}/record/").content.decode()
    assert "A payment that is succeeded cannot be recorded as paid." in again
    assert 'value="Confirm"' not in again
    assert_audit_passes()


def test_an_order_is_found_by_the_reference_of_its_payment(admin_browser, ada, bob, tea):
    mine = pay(place_order(ada.user, tea), method="bank_transfer")
    pay(place_order(bob.user, tea), method="bank_transfer")
    reference = mine.provider_reference
    assert reference.startswith("RF")
    for path, found in (("/admin/orders/order/", mine.order), (LIST, mine)):
        for term in (reference, reference.lower(), f"{reference[:4]} {reference[4:]}"):
            assert list(admin_browser.get(path, {"q": term}).context["cl"].queryset) == [found]


@on_one_database
def test_a_number_is_not_mistaken(admin_browser, ada, tea):
    """Digits are a payment's number among payments, and an order's among orders."""
    place_order(ada.user, tea)
    payment = pay(place_order(ada.user, tea))
    assert payment.pk != payment.order_id
    found = {
        (path, number): list(admin_browser.get(path, {"q": number}).context["cl"].queryset)
        for path in (LIST, "/admin/orders/order/")
        for number in (payment.pk, payment.order_id)
    }
    assert found[LIST, payment.pk] == [payment]
    assert found[LIST, payment.order_id] == []
    assert found["/admin/orders/order/", payment.order_id] == [payment.order]
    assert payment.order not in found["/admin/orders/order/", payment.pk]
    warning = Dispute.objects.create(
        pk=payment.order_id + 1,
        payment=payment,
        kind="early_fraud_warning",
        reference="issfr_1",
        status="needs_response",
    )
    number = payment.order.number.lower()
    for term, rows in {"issfr_1": [warning], number: [warning], payment.order_id: []}.items():
        disputes = admin_browser.get("/admin/payments/dispute/", {"q": term})
        assert list(disputes.context["cl"].queryset) == rows
