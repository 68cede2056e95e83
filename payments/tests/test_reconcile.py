"""``manage.py reconcile_payments``: our books beside the provider's, both ways."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.factories import place_order
from orders.models import Order, OrderEvent
from payments.factories import give_back, pay
from payments.models import LedgerEntry, Payment, Refund
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
    """Run the command; return its lines, without the names that differ each time."""

    def run(*args, agrees=False):
        if agrees:
            call_command("reconcile_payments", *args)
        else:
            with pytest.raises(CommandError):
                call_command("reconcile_payments", *args)
        said = capsys.readouterr().out
        said = re.sub(r"(pi|re)_\w+", r"\1", said)
        return re.sub(r"(Payment|Refund) \d+", r"\1", said).splitlines()[1:]

    return run


def forget_the_money(payment):
    """As if the answer and the webhook had been lost, and the payment given up all the same."""
    LedgerEntry.objects.filter(payment=payment).update(kind="voided")
    Payment.objects.filter(pk=payment.pk).update(status="cancelled", amount_captured=0)
    OrderEvent.objects.filter(order=payment.order_id, status="paid").delete()
    Order.objects.filter(pk=payment.order_id).update(status="pending", amount_paid=0, paid_at=None)


def test_books_that_agree_are_said_to(amy, paid, ada, tea, capsys):
    give_back(paid, "1.00", actor=amy.user)
    pay(place_order(ada.user, tea), method="stripe", token="pm_card_chargeDeclined")
    pay(place_order(ada.user, tea), method="stripe")
    give_back(pay(place_order(ada.user, tea)), "1.00", actor=amy.user)
    call_command("reconcile_payments")
    assert capsys.readouterr().out == f"0 payments settled\n{AGREED}"


def test_a_payment_whose_event_was_missed_is_settled_first(order, fake_stripe, capsys):
    fake_stripe.pay(pay(order, method="stripe").client_secret)
    call_command("reconcile_payments")
    assert capsys.readouterr().out == f"1 payments settled\n{AGREED}"
    order.refresh_from_db()
    assert order.status == "paid"


def test_money_for_a_payment_that_had_ended_goes_back(paid, fake_stripe, reconcile):
    forget_the_money(paid)
    line = "Payment is cancelled, stripe says succeeded (pi): 9.00 was taken for a payment that had ended"
    assert reconcile() == [f"{line} (--fix corrects it)"]
    assert fake_stripe.ledger()[0]["refunded"] == 0
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    paid.refresh_from_db()
    assert (paid.status, paid.is_late) == ("refunded", True)
    assert fake_stripe.ledger()[0]["refunded"] == 900
    assert reconcile(agrees=True) == [AGREED.strip()]


def test_a_refund_made_past_the_shop_is_entered(paid, order, fake_stripe, stripe_api, reconcile):
    stripe_api.refunds.create({"payment_intent": paid.provider_reference, "amount": 400})
    line = "Payment: stripe gave 4.00 back by re, which no refund of the shop asked for"
    assert reconcile() == [f"{line} (--fix corrects it)"]
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    refund = Refund.objects.get()
    assert (refund.status, refund.amount, refund.actor) == ("succeeded", 4, None)
    order.refresh_from_db()
    assert order.amount_refunded == 4
    assert reconcile("--fix", agrees=True) == [AGREED.strip()]
    assert_audit_passes()


def test_an_intent_that_could_still_be_paid_is_let_go(order, fake_stripe, reconcile):
    payment = pay(order, method="stripe")
    Payment.objects.filter(pk=payment.pk).update(status="cancelled")
    line = "Payment is cancelled, stripe says requires_action (pi): it could still be paid"
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    assert fake_stripe.state()["intents"][0]["status"] == "canceled"


def test_an_authorisation_that_lapsed_is_noticed(order, fake_stripe, settings, reconcile):
    settings.PAYMENT_CAPTURE = "on_shipment"
    payment = pay(order, method="stripe", token="pm_card_visa")
    fake_stripe.put_forward(8 * 86_400)
    line = "Payment is authorised, stripe says cancelled (pi): an event was missed"
    assert reconcile("--fix", agrees=True) == [f"{line} (corrected)", AGREED.strip()]
    payment.refresh_from_db()
    assert payment.status == "cancelled"
    assert order.events.latest("pk").note == "Authorisation let go"
    assert_audit_passes()


def test_what_has_no_one_answer_is_left_to_a_person(
    amy, ada, tea, paid, fake_stripe, stripe_api, reconcile
):
    give_back(paid, "2.00", actor=amy.user)
    missing = pay(place_order(ada.user, tea), method="stripe", token="pm_card_visa")
    Payment.objects.filter(pk=missing.pk).update(
        provider_reference="pi_gone", provider_key="00000000-0000-0000-0000-000000000000"
    )
    Refund.objects.update(
        provider_reference="re_gone", provider_key="00000000-0000-0000-0000-000000000000"
    )
    Payment.objects.filter(pk=paid.pk).update(amount_captured="8.99")
    before = [list(model.objects.values()) for model in (Payment, Refund, LedgerEntry)]
    money = "Payment is succeeded, stripe says succeeded (pi): 8.99 was captured here, 9.00 there"
    assert reconcile() == [
        "stripe took 4.50 USD by pi, which is no payment of the shop (needs a decision)",
        f"{money} (needs a decision)",
        "Payment: stripe gave 2.00 back by re, which no refund of the shop asked for (--fix corrects it)",
        "Refund of Payment succeeded, stripe knows nothing of it (needs a decision)",
        "Payment is succeeded, stripe knows nothing of it (needs a decision)",
    ]
    assert [list(model.objects.values()) for model in (Payment, Refund, LedgerEntry)] == before


def test_a_refund_that_failed_after_all_is_told(amy, order, fake_stripe, reconcile):
    payment = pay(order, method="stripe", token="pm_card_pendingRefund")
    refund = give_back(payment, actor=amy.user)
    fake_stripe.finish_refund(refund.provider_reference)
    call_command("settle_payments")
    fake_stripe.finish_refund(refund.provider_reference, succeed=False)
    lines = reconcile("--fix")
    assert lines[-1].startswith("Refund is succeeded, the provider says failed (re)")


def test_late_money_that_did_not_go_back_is_told_until_staff_refund_it(
    ada, amy, order, fake_stripe, reconcile
):
    payment = pay(order, method="stripe")
    ada.post(f"/api/orders/{order.pk}/cancel/")
    fake_stripe.pay(payment.client_secret, "pm_card_pendingRefund")
    line = f"Payment: 9.00 USD came too late for order {order.pk} and did not go back"
    assert reconcile(agrees=True) == [AGREED.strip()]
    refund = Refund.objects.get()
    fake_stripe.finish_refund(refund.provider_reference, succeed=False)
    Payment.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert reconcile("--fix") == [f"{line} (needs a decision)"]
    fake_stripe.fail("drop", "/v1/*", method="GET", times=None)
    assert reconcile() == [f"{line} (needs a decision)"]
    fake_stripe.be_well()
    payment.refresh_from_db()
    assert (payment.status, payment.amount_refunded) == ("refund_pending", 0)
    again = give_back(payment, actor=amy.user)
    assert reconcile(agrees=True) == [AGREED.strip()]
    fake_stripe.finish_refund(again.provider_reference)
    assert reconcile(agrees=True) == [AGREED.strip()]
    payment.refresh_from_db()
    assert payment.status == "refunded"
    assert_audit_passes()


def test_what_staff_handed_back_is_no_difference(ada, amy, order, paid, fake_stripe, reconcile):
    late = pay(place_order(ada.user, order.items.get().product), method="stripe")
    ada.post(f"/api/orders/{late.order_id}/cancel/")
    fake_stripe.pay(late.client_secret, "pm_card_pendingRefund")
    reconcile(agrees=True)
    fake_stripe.finish_refund(Refund.objects.get().provider_reference, succeed=False)
    assert len(reconcile()) == 1
    before = fake_stripe.state()["refunds"]
    give_back(late, actor=amy.user, by_hand=True)
    give_back(paid, "1.00", actor=amy.user, by_hand=True)
    assert reconcile(agrees=True) == [AGREED.strip()]
    late.refresh_from_db()
    assert late.status == "refunded"
    assert fake_stripe.state()["refunds"] == before
    assert_audit_passes()


def test_a_stripe_that_is_away_is_no_difference(paid, fake_stripe):
    fake_stripe.fail("drop", "/v1/*", method="GET", times=None)
    with pytest.raises(CommandError, match="stripe did not answer"):
        call_command("reconcile_payments")
