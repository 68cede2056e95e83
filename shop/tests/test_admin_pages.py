"""All lists and pages of the admin: how rows are named, and what lists cost."""

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import UserFactory
from cart.drafts import create_draft
from cart.guests import Buyer
from cart.services import add_item
from catalog.models import Product
from orders.factories import place_order
from orders.models import Fulfilment, OrderNote, Return, Withdrawal
from orders.services import declare_withdrawal
from payments.factories import pay
from payments.models import Dispute, LedgerEntry, Payment, Refund
from shop.core.deliveries import dispatch
from shop.core.models import Event, EventDelivery
from shop.integrations.fanout import create_deliveries
from shop.integrations.models import WebhookDelivery, WebhookEndpoint
from shop.integrations.services import create_endpoint
from shop.mail.models import Message
from shop.testing.budget import count_statements
from shop.testing.marks import on_one_database
from shop.testing.pages import submit
from shop.testing.rows import sell

pytestmark = [pytest.mark.django_db(transaction=True), on_one_database]


def sell_with_everything(buyer, staff, product):
    """Place, pay and ship an order, with a row of everything that belongs to one."""
    order = sell(buyer, staff, product).order
    declare_withdrawal(order_number=order.number, email=buyer.email, name="Ada", language="")
    items = [{"product_id": product.pk, "quantity": 1}]
    create_draft(actor=staff, changes={"items": items, "email": buyer.email}, may_override=False)
    return order


@pytest.fixture
def orders(ada, bob, amy, tea):
    """Three orders with everything, events, messages and deliveries of webhooks."""
    create_endpoint(url="https://erp.example.com/hooks")
    orders = [sell_with_everything(caller.user, amy.user, tea) for caller in (ada, bob, ada)]
    while dispatch():
        pass
    create_deliveries()
    for order in orders:
        Message.objects.create(
            event=Event.objects.filter(object_type="order", object_id=order.pk)[0],
            template="order_placed",
            recipient=f"order:{order.pk}",
            message_id=f"<{order.pk}@example.com>",
            language="en",
            valid_until=timezone.now() + timedelta(days=5),
        )
    for caller in (ada, bob):
        add_item(buyer=Buyer(user=caller.user), product_id=tea.pk, quantity=1)
    return orders


def repeated(browser, path):
    """Return the statements that a page sends several times, apart from their values."""
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path, follow=True).status_code == 200, path
    shapes = (re.sub(r"'[^']*'|\b\d+(\.\d+)?\b", "?", each["sql"]) for each in queries)
    counts = Counter(shape for shape in shapes if shape.startswith("SELECT"))
    return {shape: count for shape, count in counts.items() if count > 2}


def test_no_list_sends_a_statement_for_each_row(admin_browser, orders):
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert repeated(admin_browser, path) == {}, path


def test_rows_are_named_by_what_staff_know(orders):
    order = orders[0]
    number = order.shown_number
    expected = {
        order: f"Order {number}",
        Payment: f"Payment 4.50 {order.currency} of order {number}",
        Refund: f"Refund 1.00 {order.currency} of order {number}",
        Dispute: f"Dispute about order {number}",
        LedgerEntry: "Captured 4.50",
        Fulfilment: f"Fulfilment {Fulfilment.objects.order_by('pk')[0].pk} of order {number}",
        Return: f"Return {Return.objects.order_by('pk')[0].pk} of order {number}",
        OrderNote: f"Note about order {number}",
        Withdrawal: f"Withdrawal {Withdrawal.objects.order_by('pk')[0].pk} of order {number}",
    }
    named = {key: str(key if key is order else key.objects.order_by("pk")[0]) for key in expected}
    assert named == expected
    assert str(Return.objects.order_by("pk")[0].items.get()) == "1 × Tea"
    assert str(order.cart) == "Cart of ada"
    delivery = WebhookDelivery.objects.order_by("pk")[0]
    assert str(delivery) == f"{delivery.event} → https://erp.example.com/hooks"


def test_messages_are_named_by_their_kind_and_the_number_of_the_order(admin_browser, orders):
    page = admin_browser.get("/admin/shop_mail/message/", {"q": "order"}).content.decode()
    for order in orders:
        assert f"Buyer of order {order.shown_number}" in page
    assert "Order placed" in page
    message = Message.objects.filter(recipient=f"order:{orders[0].pk}").first()
    page = admin_browser.get(f"/admin/shop_mail/message/{message.pk}/change/").content.decode()
    assert f"to Buyer of order {orders[0].shown_number}" in page


def test_a_delivery_of_a_webhook_is_sent_again_from_its_page(admin_browser, orders):
    WebhookDelivery.objects.update(status="failed", ended_at=timezone.now())
    row = WebhookDelivery.objects.order_by("pk")[0]
    page = f"/admin/shop_integrations/webhookdelivery/{row.pk}/"
    assert f'href="{page}send-again/"' in admin_browser.get(f"{page}change/").content.decode()
    submit(admin_browser, admin_browser.get(f"{page}send-again/"))
    row.refresh_from_db()
    assert row.status == "waiting"
    assert f'href="{page}send-again/"' not in admin_browser.get(f"{page}change/").content.decode()


def waiting_of(browser):
    """Return the rows on the first page that wait, with the number of rows of their lists."""
    page = browser.get("/admin/")
    found = {}
    for entry in page.context["waiting"]:
        shown = browser.get(entry.url).context["cl"].result_count
        assert shown == entry.count, entry
        found[str(entry.label)] = shown
        assert f"{entry.label}: <strong>{entry.count}</strong>" in page.content.decode()
    return found


def test_the_first_page_counts_what_waits_as_its_lists_do(admin_browser, orders, ada, tea):
    Product.objects.update(low_stock_threshold=1000)
    pay(place_order(ada.user, tea))
    Dispute.objects.filter(payment__order=orders[0]).update(status="needs_response")
    Payment.objects.filter(order=orders[1]).update(status="refund_pending")
    Message.objects.filter(recipient=f"order:{orders[0].pk}").update(
        status="failed", ended_at=timezone.now()
    )
    WebhookEndpoint.objects.update(failures_in_a_row=1, failing_since=timezone.now())
    EventDelivery.objects.filter(pk=EventDelivery.objects.first().pk).update(
        given_up_at=timezone.now(), done_at=None
    )
    failed = Message.objects.filter(status="failed").count()
    assert waiting_of(admin_browser) == {
        "Orders to ship": 1,
        "Returns to answer": 3,
        "Withdrawals to handle": 3,
        "Late payments to refund": 1,
        "Disputes to answer": 1,
        "Messages that failed in the last three days": failed,
        "Webhook endpoints that fail": 1,
        "Deliveries given up": 1,
        "Products low in stock": 1,
    }


def test_the_first_page_counts_only_what_its_reader_may_see(orders):
    clerk, browser = UserFactory(is_staff=True), Client()
    browser.force_login(clerk)
    assert "Nothing is waiting." in browser.get("/admin/").content.decode()
    without = count_statements(lambda: browser.get("/admin/"))
    clerk.user_permissions.add(Permission.objects.get(codename="view_return"))
    assert waiting_of(browser) == {"Returns to answer": 3}
    # those that wait for an answer, for their units and for the end
    assert count_statements(lambda: browser.get("/admin/")) == without + 3


def test_wide_tables_scroll_in_a_box_of_their_own():
    narrow = {"confirm-rows", "order-money"}  # two columns
    root = Path(__file__).resolve().parents[2]
    templates = [
        path
        for app in ("shop/core", "catalog", "cart", "orders", "payments")
        for path in (root / app / "templates" / "admin").rglob("*.html")
        if "packing_slip" not in path.name
    ]
    tables = [
        (path.name, table)
        for path in templates
        for table in re.findall(
            r"(?s)(<div[^>]*>\s*(?:<h3>[^<]*</h3>\s*)?)?(<table[^>]*>)", path.read_text()
        )
    ]
    assert len(tables) > 8
    wide = [t for t in tables if not any(f'class="{n}"' in t[1][1] for n in narrow)]
    assert [name for name, (box, _) in wide if "scroll" not in box] == []
