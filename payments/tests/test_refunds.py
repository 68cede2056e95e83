"""POST and GET /api/payments/{id}/refunds/."""

from decimal import Decimal
from functools import partial

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.factories import UserFactory
from catalog.models import Product
from orders.factories import place_order
from orders.models import Order
from payments import jobs, services
from payments.factories import pay, refund_payment
from payments.gateways import GatewayUnavailable, RefundOutcome, RefundState, registry
from payments.gateways.demo import DemoGateway
from payments.models import DemoCharge, DemoRefund, LedgerEntry, Payment, Refund
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller
from shop.testing.races import at_once, times


@pytest.fixture
def payment(ada, tea):
    return pay(place_order(ada.user, tea, quantity=2))


def path(payment):
    return f"/api/payments/{payment.pk}/refunds/"


def money_rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Payment, Refund, LedgerEntry, Order, Product, DemoCharge, DemoRefund)
    ]


class LostResponses(DemoGateway):
    """A provider that refunds the money, and whose responses are lost."""

    def refund(self, charge, *, amount, key):
        super().refund(charge, amount=amount, key=key)
        raise GatewayUnavailable("lost")


class FailingRefunds(DemoGateway):
    """A provider whose refunds fail."""

    def refund(self, charge, *, amount, key):
        return RefundOutcome(RefundState.FAILED)


def use(monkeypatch, gateway):
    monkeypatch.setitem(registry._gateways, "card", gateway)


def test_staff_refund_a_whole_payment(ada, amy, payment):
    answer = amy.post(path(payment), {"reason": "Broken", "restock": True})
    refund = Refund.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, path(payment))
    assert answer.json() == {
        "refund_id": refund.pk,
        "payment_id": payment.pk,
        "status": "succeeded",
        "amount": "9.00",
        "currency": "USD",
        "items": [],
        "shipping": "0.00",
        "shipping_tax": "0.00",
        "return_id": None,
        "reason": "Broken",
        "restock": True,
        "by_hand": False,
        "created_at": refund.created_at.isoformat().replace("+00:00", "Z"),
        "failure_code": None,
        "failure_detail": None,
    }
    assert ada.get(path(payment)).json()["refunds"] == [answer.json()]
    shown = ada.get(f"/api/orders/{payment.order_id}/").json()
    assert (shown["status"], shown["amount_paid"], shown["amount_refunded"]) == (
        "refunded",
        "9.00",
        "9.00",
    )
    assert ada.get(f"/api/payments/{payment.pk}/").json()["status"] == "refunded"
    assert shown["events"][-1]["note"] == "Refunded 9.00"
    assert Product.objects.get().stock == 10
    assert DemoCharge.objects.get().refunded == 9
    assert_audit_passes()


def test_staff_refund_a_part_and_then_the_rest(amy, payment):
    first = amy.post(path(payment), {"amount": "0.10"}).json()
    assert (first["status"], first["amount"]) == ("succeeded", "0.10")
    payment.refresh_from_db()
    assert (payment.status, payment.amount_refunded) == ("succeeded", Decimal("0.10"))
    assert payment.order.status == "paid"
    assert amy.post(path(payment), {"amount": "0.20"}).status_code == 201
    assert amy.post(path(payment)).json()["amount"] == "8.70"
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (payment.status, payment.order.status) == ("refunded", "refunded")
    kinds = list(LedgerEntry.objects.order_by("pk").values_list("kind", "amount", "actor"))
    assert kinds == [
        ("captured", Decimal("9.00"), None),
        ("refunded", Decimal("0.10"), amy.user.pk),
        ("refunded", Decimal("0.20"), amy.user.pk),
        ("refunded", Decimal("8.70"), amy.user.pk),
    ]
    assert Product.objects.get().stock == 8
    assert_audit_passes()


def test_a_refund_cannot_exceed_the_captured_amount(amy, payment):
    amy.post(path(payment), {"amount": "5.00"})
    before = money_rows()
    answer = amy.post(path(payment), {"amount": "4.01"})
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_limit")
    assert answer.json()["refundable"] == "4.00"
    assert money_rows() == before


@pytest.mark.parametrize("token", ["demo_decline", "demo_action", "demo_late"])
def test_a_payment_without_captured_money_cannot_be_refunded(ada, amy, tea, token):
    payment = pay(place_order(ada.user, tea), token=token)
    before = money_rows()
    answer = amy.post(path(payment))
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_refundable")
    assert money_rows() == before


def test_an_order_is_restocked_once(amy, payment):
    assert amy.post(path(payment), {"amount": "1.00", "restock": True}).status_code == 201
    assert Product.objects.get().stock == 10
    answer = amy.post(path(payment), {"amount": "1.00", "restock": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_restocked")
    assert Product.objects.get().stock == 10
    assert_audit_passes()


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.001", 1, "1e1", None])
def test_an_amount_must_be_a_positive_amount_of_money(amy, payment, amount):
    answer = amy.post(path(payment), {"amount": amount})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "amount")
    assert not Refund.objects.exists()


def test_only_staff_with_the_permission_can_refund(ada, bob, anyone, payment):
    clerk = Caller(UserFactory(is_staff=True))
    for caller, status in [(ada, 403), (bob, 403), (anyone, 401), (clerk, 403)]:
        assert caller.post(path(payment)).status_code == status
    assert not Refund.objects.exists()
    assert bob.get(path(payment)).status_code == 404
    clerk.user.user_permissions.add(Permission.objects.get(codename="add_refund"))
    assert clerk.post(path(payment)).status_code == 201


def test_a_duplicate_request_refunds_once(amy, payment):
    headers = {"Idempotency-Key": "back"}
    body = {"amount": "4.00"}
    first, second = [amy.post(path(payment), body, headers=headers) for _ in range(2)]
    assert (second.status_code, second["Idempotent-Replayed"]) == (201, "true")
    assert second.json() == first.json()
    assert DemoCharge.objects.get().refunded == 4


def test_a_refund_whose_response_was_lost_is_found_by_its_key(amy, payment, monkeypatch):
    with monkeypatch.context() as patch:
        use(patch, LostResponses())
        answer = amy.post(path(payment), {"amount": "4.00", "restock": True})
    assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    assert amy.get(f"/api/payments/{payment.pk}/").json()["amount_refunded"] == "4.00"
    assert Product.objects.get().stock == 8
    assert jobs.settle_payments() == 1
    assert Refund.objects.get().status == "succeeded"
    assert (DemoCharge.objects.get().refunded, Product.objects.get().stock) == (4, 10)
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_a_failed_refund_releases_its_amount(amy, payment, monkeypatch):
    with monkeypatch.context() as patch:
        use(patch, FailingRefunds())
        answer = amy.post(path(payment), {"restock": True})
    assert answer.json()["status"] == "failed"
    payment.refresh_from_db()
    assert (payment.status, payment.amount_refunded) == ("succeeded", 0)
    assert payment.order.events.latest("pk").note == "Refund failed"
    assert Product.objects.get().stock == 8
    assert_audit_passes()
    assert amy.post(path(payment)).json()["status"] == "succeeded"
    assert_audit_passes()


def test_a_refund_by_hand_is_recorded_without_a_gateway_call(amy, payment, monkeypatch):
    with monkeypatch.context() as patch:
        use(patch, FailingRefunds())
        part = amy.post(path(payment), {"amount": "1.00", "by_hand": True}).json()
        services.begin_refund(  # The request ends here, so the job settles the refund.
            payment_id=payment.pk,
            amount=None,
            reason="Closed card",
            restock=True,
            by_hand=True,
            actor=amy.user,
        )
        assert jobs.settle_payments() == 1
    assert (part["status"], part["amount"], part["by_hand"]) == ("succeeded", "1.00", True)
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("refunded", "refunded")
    entries = LedgerEntry.objects.filter(kind="refunded").values_list(
        "amount", "actor", "reference"
    )
    assert list(entries.order_by("pk")) == [(1, amy.user.pk, ""), (8, amy.user.pk, "")]
    assert (DemoCharge.objects.get().refunded, Product.objects.get().stock) == (0, 10)
    refused = amy.post(path(payment), {"by_hand": True})
    assert refused.json()["code"] == "payment_not_refundable"
    assert_audit_passes()
    DemoCharge.objects.update(refunded=1)  # As if the gateway had been called.
    with pytest.raises(CommandError):
        call_command("audit")


def test_staff_refund_a_late_payment_whose_refund_failed(ada, amy, tea, monkeypatch):
    payment = pay(place_order(ada.user, tea), token="demo_late")
    ada.post(f"/api/orders/{payment.order_id}/cancel/")
    with monkeypatch.context() as patch:
        use(patch, FailingRefunds())
        jobs.settle_payments()
    payment.refresh_from_db()
    assert (payment.status, payment.amount_refunded) == ("refund_pending", 0)
    refused = amy.post(path(payment), {"restock": True})
    assert refused.json()["code"] == "already_restocked"
    assert amy.post(path(payment)).json()["status"] == "succeeded"
    payment.refresh_from_db()
    assert payment.status == "refunded"
    assert_audit_passes()


def test_a_bank_transfer_is_refunded_by_recording_it(ada, amy, tea):
    payment = pay(place_order(ada.user, tea), method="bank_transfer")
    services.record_manual_payment(payment_id=payment.pk, actor=amy.user)
    assert amy.post(path(payment)).json()["status"] == "succeeded"
    payment.order.refresh_from_db()
    assert payment.order.status == "refunded"
    assert_audit_passes()


def test_the_database_enforces_the_constraints(payment):
    refused = [
        (Payment, {"amount_refunded": F("amount_captured") + 1}),
        (Payment, {"amount_captured": F("amount") + 1}),
        (Payment, {"status": "failed"}),
        (Payment, {"status": "refunded"}),
        (Order, {"amount_refunded": F("amount_paid") + 1}),
        (Order, {"status": "refunded"}),
        (LedgerEntry, {"kind": "refunded"}),
        (LedgerEntry, {"kind": "stolen"}),
        (LedgerEntry, {"amount": -1}),
    ]
    for model, change in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(payment=payment, kind="captured", amount=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.create(payment=payment, amount=0)


@pytest.mark.parametrize("count", [1, 9])
def test_the_list_needs_the_same_number_of_statements_for_one_refund_and_for_nine(
    ada, amy, payment, count
):
    for _ in range(count):
        refund_payment(payment, "0.10", actor=amy.user)
    with query_budget(1 + 4):
        assert ada.get(path(payment)).json()["count"] == count


def test_refunds_are_visible_to_the_buyer_and_to_staff(ada, bob, amy, payment):
    refund = refund_payment(payment, "1.00", actor=amy.user)
    assert list(Refund.objects.visible_to(ada.user)) == [refund]
    assert list(Refund.objects.visible_to(amy.user)) == [refund]
    assert not Refund.objects.visible_to(bob.user).exists()


@pytest.mark.django_db(transaction=True)
def test_parallel_refunds_cannot_exceed_the_captured_amount(amy, payment):
    answers = times(6, partial(amy.post, path(payment), {"amount": "4.00", "restock": True}))
    counts = statuses(answers)
    assert (counts[201], counts[409]) in [(2, 4), (1, 5)]
    payment.refresh_from_db()
    assert DemoCharge.objects.get().refunded == payment.amount_refunded == 4 * counts[201]
    assert Product.objects.get().stock == 10
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_is_sent_in_parallel_is_settled_once(amy, payment, monkeypatch):
    with monkeypatch.context() as patch:
        use(patch, LostResponses())
        refund_payment(payment, "4.00", actor=amy.user, restock=True)
    refund = Refund.objects.select_related("payment", "actor").get()
    settled = at_once(*[partial(services.send_refund, refund)] * 4)
    assert [each.status for each in settled] == ["succeeded"] * 4
    assert LedgerEntry.objects.filter(kind="refunded").count() == 1
    assert payment.order.events.filter(note="Refunded 4.00").count() == 1
    assert Product.objects.get().stock == 10
    assert_audit_passes()
