"""``manage.py reconcile_payments``."""

import re
import time
from datetime import timedelta
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.factories import place_order
from orders.models import Order, OrderEvent
from payments.factories import pay, refund_payment
from payments.gateways.stripe import client
from payments.models import LedgerEntry, Payment, Refund
from shop.core import jobs
from shop.core.models import ScheduledJob
from shop.testing.assertions import assert_audit_passes

pytestmark = pytest.mark.usefixtures("stripe_shop")
AGREED = "reconcile: payments and providers agree\n"


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


@pytest.fixture
def paid(order):
    return pay(order, method="stripe", token="pm_card_visa")


@pytest.fixture
def reconcile(capsys):
    """Run the command; return its lines, without ids and the number of settled payments."""

    def run(*args, agrees=False):
        if agrees:
            call_command("reconcile_payments", *args)
        else:
            with pytest.raises(CommandError):
                call_command("reconcile_payments", *args)
        output = capsys.readouterr().out
        output = re.sub(r"(pi|re)_\w+", r"\1", output)
        return re.sub(r"(Payment|Refund) \d+", r"\1", output).splitlines()[1:]

    return run


def simulate_lost_capture(payment):
    """Cancel a captured payment, as if its response and its webhook had been lost."""
    LedgerEntry.objects.filter(payment=payment).update(kind="voided")
    Payment.objects.filter(pk=payment.pk).update(status="cancelled", amount_captured=0)
    OrderEvent.objects.filter(order=payment.order_id, status="paid").delete()
    Order.objects.filter(pk=payment.order_id).update(status="pending", amount_paid=0, paid_at=None)


def test_no_difference_is_reported_if_the_ledgers_agree(amy, paid, ada, tea, capsys):
    refund_payment(paid, "1.00", actor=amy.user)
    pay(place_order(ada.user, tea), method="stripe", token="pm_card_chargeDeclined")
    pay(place_order(ada.user, tea), method="stripe")
    refund_payment(pay(place_order(ada.user, tea)), "1.00", actor=amy.user)
    call_command("reconcile_payments")
    assert capsys.readouterr().out == f"0 payments settled\n{AGREED}"


def test_open_payments_are_settled_first(order, fake_stripe, capsys):
    fake_stripe.pay(pay(order, method="stripe").client_secret)
    call_command("reconcile_payments")
    assert capsys.readouterr().out == f"1 payments settled\n{AGREED}"
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_capture_for_an_ended_payment_is_refunded(paid, fake_stripe, reconcile):
    simulate_lost_capture(paid)
    line = (
        "Payment is cancelled, stripe reports succeeded (pi): "
        "9.00 was captured for an ended payment"
    )
    assert reconcile() == [f"{line} (--fix corrects it)"]
    assert fake_stripe.ledger()[0]["refunded"] == 0
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    paid.refresh_from_db()
    assert (paid.status, paid.is_late) == ("refunded", True)
    assert fake_stripe.ledger()[0]["refunded"] == 900
    assert reconcile(agrees=True) == [AGREED.strip()]


def test_a_refund_made_at_the_provider_is_recorded(paid, order, fake_stripe, stripe_api, reconcile):
    stripe_api.refunds.create({"payment_intent": paid.provider_reference, "amount": 400})
    line = "Payment: stripe refunded 4.00 in re, which belongs to no refund of the shop"
    assert reconcile() == [f"{line} (--fix corrects it)"]
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    refund = Refund.objects.get()
    assert (refund.status, refund.amount, refund.actor) == ("succeeded", 4, None)
    order.refresh_from_db()
    assert order.amount_refunded == 4
    assert reconcile("--fix", agrees=True) == [AGREED.strip()]
    assert_audit_passes()


def test_the_intent_of_an_ended_payment_is_cancelled(order, fake_stripe, reconcile):
    payment = pay(order, method="stripe")
    Payment.objects.filter(pk=payment.pk).update(status="cancelled")
    line = "Payment is cancelled, stripe reports requires_action (pi): it could still be paid"
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    assert fake_stripe.state()["intents"][0]["status"] == "canceled"


def test_an_expired_authorisation_is_settled(order, fake_stripe, settings, reconcile):
    settings.PAYMENT_CAPTURE = "on_shipment"
    payment = pay(order, method="stripe", token="pm_card_visa")
    fake_stripe.advance_clock(8 * 86_400)
    line = "Payment is authorised, stripe reports cancelled (pi): an event was missed"
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    payment.refresh_from_db()
    assert payment.status == "cancelled"
    assert order.events.latest("pk").note == "Authorisation voided"
    assert_audit_passes()


def test_differences_without_one_right_correction_are_left_to_staff(
    amy, ada, tea, paid, fake_stripe, stripe_api, reconcile
):
    refund_payment(paid, "2.00", actor=amy.user)
    missing = pay(place_order(ada.user, tea), method="stripe", token="pm_card_visa")
    Payment.objects.filter(pk=missing.pk).update(
        provider_reference="pi_gone", provider_key="00000000-0000-0000-0000-000000000000"
    )
    Refund.objects.update(
        provider_reference="re_gone", provider_key="00000000-0000-0000-0000-000000000000"
    )
    Payment.objects.filter(pk=paid.pk).update(amount_captured="8.99")
    before = [list(model.objects.values()) for model in (Payment, Refund, LedgerEntry)]
    statuses = "Payment is succeeded, stripe reports succeeded (pi)"
    unknown_charge = "stripe captured 4.50 USD in pi, which belongs to no payment of the shop"
    foreign_refund = "stripe refunded 2.00 in re, which belongs to no refund of the shop"
    assert reconcile() == [
        f"{unknown_charge} (needs a decision)",
        f"{statuses}: the shop captured 8.99, the provider 9.00 (needs a decision)",
        f"Payment: {foreign_refund} (--fix corrects it)",
        "Refund of Payment is succeeded, but stripe does not list it (needs a decision)",
        "Payment is succeeded, but stripe does not list it (pi) (needs a decision)",
    ]
    assert [list(model.objects.values()) for model in (Payment, Refund, LedgerEntry)] == before


def test_a_refund_that_failed_after_it_had_succeeded_is_reported_until_it_is_repeated(
    amy, order, paid, fake_stripe, reconcile
):
    refund = refund_payment(paid, actor=amy.user)
    fake_stripe.finish_refund(refund.provider_reference, succeed=False)
    line = (
        "Refund is succeeded, the provider reports failed (re): "
        "the money came back after the refund had succeeded"
    )
    assert reconcile() == [f"{line} (--fix corrects it)"]
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    line = "Refund of Payment: 9.00 USD came back after the refund had succeeded"
    assert reconcile("--fix") == [f"{line} (needs a decision)"]
    refund_payment(paid, "9.00", actor=amy.user, by_hand=True)
    assert reconcile(agrees=True) == [AGREED.strip()]
    assert_audit_passes()


def test_charges_of_other_shops_in_the_account_are_not_the_shops(
    paid, fake_stripe, stripe_api, reconcile
):
    def buy(**metadata):
        stripe_api.payment_intents.create(
            {
                "amount": 700,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "confirm": True,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "metadata": metadata,
            }
        )

    key = "00000000-0000-0000-0000-000000000001"
    buy()
    buy(shop="Another shop", payment_key=key)
    assert reconcile(agrees=True) == [AGREED.strip()]
    lost = "stripe captured 7.00 USD in pi, which belongs to no payment of the shop"
    buy(shop="Shop")
    assert reconcile() == [f"{lost} (needs a decision)"]
    # The release before did not name the shop.
    buy(payment_key=key)
    assert reconcile() == [f"{lost} (needs a decision)"] * 2


def test_a_refund_of_an_old_charge_in_the_dashboard_is_found(order, paid, fake_stripe, reconcile):
    Payment.objects.update(created_at=timezone.now() - timedelta(days=100))
    fake_stripe.age(paid.provider_reference, seconds=100 * 86_400)
    fake_stripe.refund_in_dashboard(paid.provider_reference, 400)
    line = "Payment: stripe refunded 4.00 in re, which belongs to no refund of the shop"
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    order.refresh_from_db()
    assert (order.amount_refunded, Refund.objects.get().reason) == (4, "Made at the provider")
    assert reconcile(agrees=True) == [AGREED.strip()]
    assert_audit_passes()


def test_a_late_payment_whose_refund_failed_is_reported_until_staff_refund_it(
    ada, amy, order, fake_stripe, reconcile
):
    payment = pay(order, method="stripe")
    ada.post(f"/api/orders/{order.pk}/cancel/")
    fake_stripe.pay(payment.client_secret, "pm_card_pendingRefund")
    line = f"Payment: 9.00 USD arrived too late for order {order.pk} and was not refunded"
    assert reconcile(agrees=True) == [AGREED.strip()]
    refund = Refund.objects.get()
    fake_stripe.finish_refund(refund.provider_reference, succeed=False)
    Payment.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert reconcile("--fix") == [f"{line} (needs a decision)"]
    fake_stripe.fail("drop", "/v1/*", method="GET", times=None)
    assert reconcile() == [f"{line} (needs a decision)"]
    fake_stripe.clear_faults()
    payment.refresh_from_db()
    assert (payment.status, payment.amount_refunded) == ("refund_pending", 0)
    again = refund_payment(payment, actor=amy.user)
    assert reconcile(agrees=True) == [AGREED.strip()]
    fake_stripe.finish_refund(again.provider_reference)
    assert reconcile(agrees=True) == [AGREED.strip()]
    payment.refresh_from_db()
    assert payment.status == "refunded"
    assert_audit_passes()


def test_refunds_by_hand_are_not_compared(ada, amy, order, paid, fake_stripe, reconcile):
    late = pay(place_order(ada.user, order.items.get().product), method="stripe")
    ada.post(f"/api/orders/{late.order_id}/cancel/")
    fake_stripe.pay(late.client_secret, "pm_card_pendingRefund")
    reconcile(agrees=True)
    fake_stripe.finish_refund(Refund.objects.get().provider_reference, succeed=False)
    assert len(reconcile()) == 1
    before = fake_stripe.state()["refunds"]
    refund_payment(late, actor=amy.user, by_hand=True)
    refund_payment(paid, "1.00", actor=amy.user, by_hand=True)
    assert reconcile(agrees=True) == [AGREED.strip()]
    late.refresh_from_db()
    assert late.status == "refunded"
    assert fake_stripe.state()["refunds"] == before
    assert_audit_passes()


def test_an_unreachable_provider_is_an_error(paid, fake_stripe):
    fake_stripe.fail("drop", "/v1/*", method="GET", times=None)
    with pytest.raises(CommandError, match="stripe did not answer"):
        call_command("reconcile_payments")


class AfterRequests:
    """The flag of a worker that stops once Stripe has got a number of GET requests more."""

    def __init__(self, fake_stripe, number):
        self.fake_stripe, self.last = fake_stripe, number + len(fake_stripe.requests("GET"))

    def is_set(self):
        return len(self.fake_stripe.requests("GET")) >= self.last


def run_until(stop, command):
    """Run a command as a job of a worker that stops; return whether it succeeded."""
    job = jobs.Job(command, lambda: call_command(command) or "", timedelta(days=1))
    return jobs.run(job, worker="host:1", stop=stop)


@pytest.mark.parametrize("command", ["settle_payments", "reconcile_payments"])
def test_a_worker_that_stops_asks_stripe_no_more(ada, tea, fake_stripe, command):
    """The next run settles the rest, and begins with the payment whose call did not take place."""
    payments = [pay(place_order(ada.user, tea), method="stripe") for _ in range(3)]
    for payment in payments:
        fake_stripe.pay(payment.client_secret)
    asked = len(fake_stripe.requests("GET"))
    assert run_until(AfterRequests(fake_stripe, 1), command) is True
    assert len(fake_stripe.requests("GET")) == asked + 1
    assert statuses_of(payments) == ["succeeded", "requires_action", "requires_action"]
    assert run_until(Event(), command) is True
    assert statuses_of(payments) == 3 * ["succeeded"]


def statuses_of(payments):
    found = Payment.objects.filter(pk__in=[payment.pk for payment in payments])
    return list(found.order_by("pk").values_list("status", flat=True))


def test_a_worker_that_stops_asks_for_no_further_list(paid, fake_stripe):
    asked = len(fake_stripe.requests("GET"))
    assert run_until(AfterRequests(fake_stripe, 1), "reconcile_payments") is True
    assert [each["path"] for each in fake_stripe.requests("GET")[asked:]] == ["/v1/payment_intents"]
    stored = ScheduledJob.objects.get()
    assert (stored.last_error, stored.last_result) == ("", "stopped; the next run does the rest")


def test_a_list_that_hangs_takes_no_longer_than_another_request(paid, fake_stripe, monkeypatch):
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.2)
    fake_stripe.fail("hang", "/v1/payment_intents", times=None, seconds=300)
    start = time.monotonic()
    with pytest.raises(CommandError, match="stripe did not answer"):
        call_command("reconcile_payments")
    assert time.monotonic() - start < 60
    fake_stripe.clear_faults()
