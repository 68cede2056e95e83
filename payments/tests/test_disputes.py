"""Disputes, early fraud warnings and reviews."""

import itertools
from functools import partial

import pytest

from accounts.factories import staff_with
from orders.factories import place_order
from payments.factories import pay, refund_payment
from payments.gateways import registered
from payments.models import Dispute, LedgerEntry, ProviderEvent
from payments.services.disputes import refresh_dispute
from payments.tests.test_reconcile import AGREED, reconcile  # noqa: F401 - a fixture
from payments.tests.test_webhooks import post_event
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.fixtures import Caller
from shop.testing.pages import confirm, messages_of
from shop.testing.races import at_once

pytestmark = pytest.mark.usefixtures("stripe_shop")


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


@pytest.fixture
def payment(order):
    return pay(order, method="stripe", token="pm_card_visa")


@pytest.fixture
def clerk(db):
    return Caller(staff_with("payments.view_dispute", "payments.change_dispute"))


def hear(fake, *kinds):
    """Send the events of these kinds, in this order."""
    for kind in kinds:
        assert post_event(fake.events(kind)[-1]).status_code == 200


def facts(order):
    """Return the status and the withdrawn amount of the dispute, and the flag of its order."""
    order.refresh_from_db()
    dispute = Dispute.objects.get()
    return dispute.status, dispute.amount_withdrawn, order.has_open_dispute


def ledger():
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", "amount"))


def notes(order):
    return [note for note in order.events.order_by("pk").values_list("note", flat=True) if note]


@pytest.mark.parametrize("result", ["won", "lost"])
def test_a_dispute_is_opened_and_closed(order, payment, clerk, fake_stripe, result):
    opened = fake_stripe.dispute(payment.provider_reference, amount=400, reason="duplicate")
    hear(fake_stripe, "charge.dispute.created", "charge.dispute.funds_withdrawn")
    assert facts(order) == ("needs_response", 4, True)
    assert order.status == "paid"
    [shown] = clerk.get(f"/api/disputes/?order_id={order.pk}&status=needs_response").json()[
        "disputes"
    ]
    dispute = Dispute.objects.get()
    assert shown == {
        "dispute_id": dispute.pk,
        "payment_id": payment.pk,
        "order_id": order.pk,
        "kind": "dispute",
        "status": "needs_response",
        "reason": "duplicate",
        "amount": "4.00",
        "amount_withdrawn": "4.00",
        "currency": "USD",
        "reference": opened["id"],
        "due_by": dispute.due_by.isoformat().replace("+00:00", "Z"),
        "shipping_held": False,
        "created_at": dispute.created_at.isoformat().replace("+00:00", "Z"),
        "closed_at": None,
    }
    assert dispute.due_by.timestamp() == opened["evidence_details"]["due_by"]
    assert_audit_passes()
    fake_stripe.set_dispute(opened["id"], "under_review")
    hear(fake_stripe, "charge.dispute.updated")
    assert facts(order) == ("under_review", 4, True)
    fake_stripe.set_dispute(opened["id"], result)
    hear(fake_stripe, "charge.dispute.closed", "charge.dispute.created")
    kept = 4 if result == "lost" else 0
    assert facts(order) == (result, kept, False)
    back = [("dispute_reinstated", 4)] if result == "won" else []
    assert ledger() == [("captured", 9), ("dispute_withdrawn", 4), *back]
    assert notes(order)[-2:] == ["Payment disputed: 4.00", f"Dispute {result}"]
    kinds = Event.objects.filter(object_type="dispute").order_by("pk").values_list("kind")
    assert [kind for (kind,) in kinds] == ["dispute.opened", "dispute.updated", "dispute.closed"]
    path = f"/api/disputes/{dispute.pk}/"
    assert clerk.get(path).json()["status"] == result
    assert_audit_passes()


KINDS = ("charge.dispute.created", "charge.dispute.closed", "charge.dispute.funds_reinstated")


@pytest.mark.parametrize("order_of_events", list(itertools.permutations(KINDS)))
def test_events_in_any_order_have_the_same_result(order, payment, fake_stripe, order_of_events):
    opened = fake_stripe.dispute(payment.provider_reference)
    fake_stripe.set_dispute(opened["id"], "won")
    hear(fake_stripe, *order_of_events)
    assert facts(order) == ("won", 0, False)
    assert (ledger(), ProviderEvent.objects.count()) == ([("captured", 9)], 3)
    assert_audit_passes()


def test_an_inquiry_can_become_a_dispute(order, payment, fake_stripe):
    inquiry = fake_stripe.dispute(payment.provider_reference, is_inquiry=True)
    hear(fake_stripe, "charge.dispute.created")
    assert (Dispute.objects.get().kind, facts(order)) == ("inquiry", ("needs_response", 0, True))
    fake_stripe.set_dispute(inquiry["id"], "needs_response")
    hear(fake_stripe, "charge.dispute.updated")
    assert (Dispute.objects.get().kind, facts(order)) == ("dispute", ("needs_response", 9, True))
    assert_audit_passes()


def test_an_early_fraud_warning_holds_shipping_until_a_person_releases_it(
    ada, order, payment, clerk, fake_stripe
):
    before = notes(order)
    fake_stripe.warn(payment.provider_reference)
    hear(fake_stripe, *["radar.early_fraud_warning.created"] * 2)
    assert facts(order) == ("needs_response", 0, False)
    assert order.shipping_held
    path = f"/api/disputes/{Dispute.objects.get().pk}/release/"
    answer = clerk.post(path)
    assert (answer.status_code, answer.json()["shipping_held"]) == (200, False)
    again = clerk.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "shipping_not_held")
    Dispute.objects.update(reason="")  # as if the provider had changed the warning
    event = fake_stripe.events("radar.early_fraud_warning.created")[0]
    assert post_event(event | {"id": "evt_sent_again"}).status_code == 200
    order.refresh_from_db()
    assert not order.shipping_held
    timeline = ada.get(f"/api/orders/{order.pk}/").json()["events"]
    assert [entry["note"] for entry in timeline] == before
    assert ada.get(f"/api/orders/{order.pk}/notes/").json()["notes"] == []
    assert order.notes.get().author == clerk.user
    told = Event.objects.filter(kind__startswith="order.shipping_").order_by("pk")
    assert [event.kind for event in told] == ["order.shipping_held", "order.shipping_released"]
    assert_audit_passes()


def test_a_review_is_recorded_and_not_shown_to_the_buyer(ada, order, payment, fake_stripe):
    review = fake_stripe.review(payment.provider_reference)
    hear(fake_stripe, "review.opened")
    before = notes(order)
    assert (Dispute.objects.get().kind, facts(order)[::2]) == ("review", ("needs_response", False))
    fake_stripe.close_review(review["id"], "refunded_as_fraud")
    hear(fake_stripe, "review.closed")
    assert (Dispute.objects.get().reason, facts(order)[0]) == ("refunded_as_fraud", "closed")
    assert notes(order) == before
    assert ada.get("/api/disputes/").status_code == 403


def test_a_disputed_charge_is_not_refunded(amy, order, payment, fake_stripe):
    fake_stripe.dispute(payment.provider_reference)
    refund = refund_payment(payment, actor=amy.user)
    assert (refund.status, refund.failure_code) == ("failed", "charge_disputed")
    order.refresh_from_db()
    assert (order.status, order.amount_refunded) == ("paid", 0)
    assert_audit_passes()


def test_the_reconciliation_finds_disputes_that_were_missed(
    order,
    payment,
    fake_stripe,
    reconcile,  # noqa: F811 - the fixture
):
    opened = fake_stripe.dispute(payment.provider_reference)
    review = fake_stripe.review(payment.provider_reference)
    assert reconcile("--fix", agrees=True)[-1] == AGREED.strip()
    assert Dispute.objects.filter(status="needs_response").count() == 2
    fake_stripe.set_dispute(opened["id"], "lost")
    # Stripe does not list reviews that are closed.
    fake_stripe.close_review(review["id"])
    missed = "Payment: the provider reports {}: an event was missed ({})"
    dispute = f"dispute {opened['id']} as lost"
    ended = f"review {review['id']} as closed"
    assert reconcile() == [
        missed.format(dispute, "--fix corrects it"),
        missed.format(ended, "--fix corrects it"),
    ]
    assert reconcile("--fix", agrees=True)[-1] == AGREED.strip()
    assert reconcile(agrees=True) == [AGREED.strip()]
    assert ledger() == [("captured", 9), ("dispute_withdrawn", 9)]
    assert_audit_passes()


def test_the_admin_lists_disputes_by_their_due_date_and_releases_shipping(
    admin_browser, order, payment, fake_stripe
):
    fake_stripe.warn(payment.provider_reference)
    fake_stripe.dispute(payment.provider_reference)
    hear(fake_stripe, "radar.early_fraud_warning.created", "charge.dispute.created")
    path = "/admin/payments/dispute/"
    page = admin_browser.get(path)
    kinds = [dispute.kind for dispute in page.context["cl"].result_list]
    assert kinds == ["dispute", "early_fraud_warning"]
    warning = Dispute.objects.get(kind="early_fraud_warning")
    done = confirm(admin_browser, path, "release", warning)
    assert messages_of(done) == [f"Released: {warning}."]
    order.refresh_from_db()
    assert not order.shipping_held


def test_a_state_that_was_fetched_before_a_newer_one_was_stored_is_fetched_again(
    order, payment, fake_stripe
):
    opened = fake_stripe.dispute(payment.provider_reference)
    gateway, states = registered()["stripe"], []

    def fetch():
        states.append(gateway.fetch_dispute("dispute", opened["id"]))
        if len(states) == 1:
            fake_stripe.set_dispute(opened["id"], "won")
            hear(fake_stripe, "charge.dispute.closed")
        return states[-1]

    refresh_dispute(payment, fetch, opened["id"])
    assert [state.status for state in states] == ["needs_response", "won"]
    assert facts(order) == ("won", 0, False)
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(2))
def test_events_that_open_and_close_a_dispute_in_parallel(order, payment, fake_stripe, attempt):
    """Whoever fetched an older state does not overwrite a newer one."""
    opened = fake_stripe.dispute(payment.provider_reference)
    created, withdrawn = (
        fake_stripe.events(f"charge.dispute.{kind}")[0] for kind in ("created", "funds_withdrawn")
    )

    def win():
        fake_stripe.set_dispute(opened["id"], "won")
        return post_event(fake_stripe.events("charge.dispute.closed")[0])

    answers = at_once(partial(post_event, created), partial(post_event, withdrawn), win)
    assert statuses(answers) == {200: 3}
    assert facts(order) == ("won", 0, False)
    assert ledger() in (
        [("captured", 9)],
        [("captured", 9), ("dispute_withdrawn", 9), ("dispute_reinstated", 9)],
    )
    assert ProviderEvent.objects.count() == 3
    assert_audit_passes()
