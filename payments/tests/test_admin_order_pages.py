"""The pages of the admin that refund an order and cancel items of it."""

import re

from accounts.factories import staff_with
from catalog.factories import ProductFactory
from catalog.models import Product
from orders.factories import place_order
from payments.factories import pay
from payments.models import Refund
from payments.services import record_manual_payment
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine
from shop.testing.pages import messages_of, submit

pytestmark = on_one_engine


def url_of(order, page):
    return f"/admin/payments/payment/orders/{order.pk}/{page}/"


def labels_of(browser, order):
    page = browser.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    return re.findall(r'<a class="button" href="[^"]+">([^<]+)</a>', page)


def stock_of(product):
    return Product.objects.get(pk=product.pk).stock


def test_items_of_an_order_are_refunded_as_the_page_before_has_said(admin_browser, ada, tea):
    order = place_order(ada.user, tea, ProductFactory(price="3.00"), quantity=3)
    payment = pay(order)
    assert "Refund" in labels_of(admin_browser, order)
    page = admin_browser.get(url_of(order, "refund"))
    assert f"22.50 {order.currency} can be refunded." in page.content.decode()
    empty = submit(admin_browser, page)
    assert "Enter the quantity of an item or an amount" in empty.content.decode()
    too_many = submit(admin_browser, page, **{f"units_{tea.pk}": "4"})
    assert "3 units of Tea can still be refunded." in too_many.content.decode()
    wanted = {f"units_{tea.pk}": "2", "reason": "Lid <broken>", "restock": "on"}
    asked = submit(admin_browser, page, **wanted)
    shown = asked.content.decode()
    for text in (f"Refund of payment {payment.pk} (Card (demo))", "2 × Tea", "9.00, tax 0.00"):
        assert text in shown
    assert "Lid &lt;broken&gt;" in shown
    assert not Refund.objects.exists()
    done = submit(admin_browser, asked)
    refund = Refund.objects.get()
    assert messages_of(done) == [f"{refund}: succeeded."]
    assert (str(refund.amount), refund.items.get().quantity, refund.reason) == (
        ("9.00", 2, "Lid <broken>")
    )
    assert "already sent" in messages_of(submit(admin_browser, asked))[0]
    assert Refund.objects.count() == 1
    assert stock_of(tea) == 9
    assert_audit_passes()


def test_items_are_cancelled_only_if_it_means_what_was_confirmed(amy, admin_browser, ada, tea):
    order = place_order(ada.user, tea, quantity=3)
    payment = pay(order, method="bank_transfer")
    page = admin_browser.get(url_of(order, "cancel-items"))
    asked = submit(admin_browser, page, **{f"units_{tea.pk}": "1"})
    assert f"Payment {payment.pk} asks for" in asked.content.decode()
    record_manual_payment(payment_id=payment.pk, actor=amy.user)
    again = submit(admin_browser, asked)
    shown = again.content.decode()
    assert "Something has changed since you looked at this page. Nothing was done." in shown
    assert f"Refund of payment {payment.pk}" in shown
    assert order.items.get().quantity_cancelled == 0
    edited = submit(admin_browser, again, _edit="Change the input")
    assert f'name="units_{tea.pk}" value="1"' in edited.content.decode()
    done = submit(admin_browser, again)
    assert messages_of(done) == [f"Cancelled items of {order}."]
    assert (order.items.get().quantity_cancelled, stock_of(tea)) == (1, 8)
    assert str(Refund.objects.get().amount) == "4.50"
    assert_audit_passes()


def test_the_page_of_an_order_offers_what_its_reader_may_do(client, ada, tea):
    order = place_order(ada.user, tea)
    pay(order)
    offered = {"Refund", "Cancel items", "Change addresses"}
    for permissions, expected in (
        ({"orders.change_order", "payments.view_payment"}, offered - {"Refund"}),
        ({"orders.view_order", "payments.add_refund"}, {"Refund"}),
    ):
        client.force_login(staff_with(*permissions))
        assert set(labels_of(client, order)) & offered == expected
