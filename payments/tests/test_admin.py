"""The payments' desk."""

import pytest

from accounts.factories import UserFactory
from catalog.factories import ProductFactory
from orders.factories import place_order
from orders.services import cancel_order
from payments.factories import pay
from shop.testing.books import assert_books_balance
from shop.testing.budget import count_statements

LIST = "/admin/payments/payment/"


def record(browser, *payments):
    form = {"action": "record_payment", "_selected_action": [p.pk for p in payments]}
    page = browser.post(LIST, form, follow=True)
    return [str(message) for message in page.context["messages"]]


@pytest.mark.parametrize("method", ["bank_transfer", "cash_on_delivery"])
def test_staff_record_money_that_came(desk, amy, ada, tea, method):
    payment = pay(place_order(ada.user, tea), method=method)
    assert record(desk, payment) == ["1 recorded as paid."]
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "paid")
    assert payment.order.events.latest("pk").actor == amy.user
    assert_books_balance()


def test_money_is_not_recorded_twice_nor_for_a_card_nor_for_a_cancelled_order(desk, ada, tea):
    twice = pay(place_order(ada.user, tea), method="bank_transfer")
    record(desk, twice)
    card = pay(place_order(ada.user, tea), token="demo_action")
    late = pay(place_order(ada.user, tea), method="bank_transfer")
    cancel_order(order_id=late.order_id, actor=ada.user)
    said = record(desk, twice, card, late)
    assert len(said) == 3
    assert not [text for text in said if "recorded as paid." in text and text[0].isdigit()]
    for payment, status in [(twice, "succeeded"), (card, "requires_action"), (late, "pending")]:
        payment.refresh_from_db()
        assert payment.status == status
    assert_books_balance()


def test_a_payment_is_for_looking(desk, ada, tea):
    payment = pay(place_order(ada.user, tea))
    assert desk.get(f"{LIST}{payment.pk}/change/").status_code == 200
    desk.post(f"{LIST}{payment.pk}/change/", {"status": "refunded", "_save": "1"})
    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert desk.get(f"{LIST}{payment.pk}/delete/").status_code == 403


def test_the_list_costs_the_same_for_any_number_and_finds_by_number_and_name(desk, ada):
    product = ProductFactory(stock=1000)
    mine = pay(place_order(ada.user, product))
    few = count_statements(lambda: desk.get(LIST))
    for _ in range(20):
        pay(place_order(UserFactory(), product))
    assert count_statements(lambda: desk.get(LIST)) == few
    by_bank = desk.get(f"{LIST}?method=bank_transfer").context["cl"].queryset
    assert list(by_bank) == []
    for term in ("ada", mine.provider_reference):
        rows = desk.get(f"{LIST}?q={term}").context["cl"].queryset
        assert list(rows) == [mine]
    assert mine in desk.get(f"{LIST}?q={mine.order_id}").context["cl"].queryset
