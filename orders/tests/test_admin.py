"""Orders and carts in the admin."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.factories import UserFactory
from cart.shipping.factories import create_method
from catalog.factories import ProductFactory
from catalog.models import Product
from orders.factories import bare_orders, place_order
from orders.models import Order, Return
from orders.services import request_return
from orders.services.returns import Wish
from orders.tests.test_guests import ADDRESS, Guest
from orders.tokens import make_order_token
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import count_statements
from shop.testing.marks import on_one_database, on_one_engine
from shop.testing.pages import choose, messages_of, submit

pytestmark = on_one_engine

LIST = "/admin/orders/order/"


def act(browser, action, *orders):
    return messages_of(choose(browser, LIST, action, *orders, post="yes"))


def browser_of(permission):
    user, browser = UserFactory(is_staff=True), Client()
    user.user_permissions.add(Permission.objects.get(codename=permission))
    browser.force_login(user)
    return browser


def test_staff_confirm_ship_and_deliver_an_order(admin_browser, amy, ada, tea):
    order = place_order(ada.user, tea)
    assert act(admin_browser, "confirm", order) == [f"Confirmed: {order}."]
    assert act(admin_browser, "ship", order) == [f"Shipped: {order}."]
    assert act(admin_browser, "deliver", order) == [f"Delivered: {order}."]
    events = order.events.order_by("pk").values_list("status", "actor")
    assert list(events)[1:] == [(s, amy.user.pk) for s in ("confirmed", "shipped", "delivered")]
    assert_audit_passes()


def test_an_action_reports_success_or_error_for_each_selected_order(admin_browser, ada, tea):
    open_order, cancelled = place_order(ada.user, tea), place_order(ada.user, tea)
    act(admin_browser, "cancel", cancelled)
    assert sorted(act(admin_browser, "cancel", open_order, cancelled)) == [
        f"Cancelled: {open_order} (1 of 2).",
        f"{cancelled}: An order that is cancelled cannot become cancelled.",
    ]
    assert Product.objects.get().stock == 10
    assert_audit_passes()


def test_an_order_cannot_be_edited(admin_browser, ada, tea):
    order = place_order(ada.user, tea)
    page = admin_browser.get(f"{LIST}{order.pk}/change/").content.decode()
    assert "Tea" in page
    assert "Order placed" in page
    form = {"status": "paid", "total": "0", "_save": "1"}
    assert admin_browser.post(f"{LIST}{order.pk}/change/", form).status_code == 403
    order.refresh_from_db()
    assert (order.status, str(order.total)) == ("pending", "4.50")
    assert admin_browser.get(f"{LIST}{order.pk}/delete/").status_code == 403
    assert admin_browser.get(f"{LIST}add/").status_code == 403


def test_staff_who_can_only_view_orders_have_no_actions(ada, tea):
    order, browser = place_order(ada.user, tea), browser_of("view_order")
    assert 'value="cancel"' not in browser.get(LIST).content.decode()
    form = {"action": "cancel", "post": "yes", "_selected_action": [order.pk]}
    assert browser.post(LIST, form).status_code == 403
    order.refresh_from_db()
    assert order.status == "pending"


def test_staff_with_permission_to_change_orders_see_items_and_timeline(ada, tea):
    order = place_order(ada.user, tea)
    page = browser_of("change_order").get(f"{LIST}{order.pk}/change/").content.decode()
    assert "View order" in page
    assert "Tea</td>" in page
    assert "Order placed" in page
    assert 'name="_save"' not in page


def test_an_action_on_more_than_a_page_of_orders_is_refused(admin_browser):
    bare_orders(51)
    form = {"action": "confirm", "select_across": "1", "_selected_action": ["1"]}
    page = admin_browser.post(LIST, form, follow=True)
    (message,) = page.context["messages"]
    assert "at most 50" in str(message)
    assert Order.objects.filter(status="pending").count() == 51


@on_one_database
@pytest.mark.parametrize("path", [LIST, "/admin/cart/cart/", f"{LIST}?status=pending"])
def test_lists_send_the_same_number_of_statements_for_few_and_many_rows(admin_browser, path):
    bare_orders(5)
    few = count_statements(lambda: admin_browser.get(path))
    bare_orders(300)
    assert count_statements(lambda: admin_browser.get(path)) == few
    assert len(admin_browser.get(path).context["cl"].result_list) == 50


@pytest.mark.parametrize("path", [LIST, "/admin/cart/cart/"])
def test_the_search_finds_by_number_and_by_name(admin_browser, ada, bob, tea, path):
    mine, other = place_order(ada.user, tea), place_order(bob.user, tea)
    number = mine.pk if path == LIST else mine.cart_id
    for term in (number, "ADA", "ada@example"):
        rows = admin_browser.get(f"{path}?q={term}").context["cl"].queryset
        assert [row.user for row in rows] == [ada.user]
    assert other.user == bob.user


@on_one_database
def test_pages_send_the_same_number_of_statements_for_any_number_of_items(admin_browser, ada):
    short = place_order(ada.user, ProductFactory())
    long = place_order(ada.user, *ProductFactory.create_batch(30))
    for path in ("orders/order/{0.pk}", "cart/cart/{0.cart_id}"):
        pages = [f"/admin/{path.format(order)}/change/" for order in (short, short, long)]
        _, few, many = [
            count_statements(lambda page=page: admin_browser.get(page)) for page in pages
        ]
        assert many == few <= 16


def test_the_order_of_a_guest_is_found_by_its_number_and_its_address(
    unthrottled, admin_browser, anyone, tea
):
    create_method(prices={"DE": "4.90"})
    guest = Guest(anyone, tea, shipping_address=ADDRESS)
    guest.order()
    order = Order.objects.get()
    place_order(UserFactory(), tea)
    for text in (order.number.lower(), f"{order.number[:4]} {order.number[4:]}", "guest@exa"):
        page = admin_browser.get("/admin/orders/order/", {"q": text}).content.decode()
        assert (order.number in page, page.count("guest@example.com")) == (True, 1), text
    page = admin_browser.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert "Torstraße 1<br>10119 Berlin" in page
    assert "4.90" in page


def test_revoked_links_do_not_open_an_order(unthrottled, admin_browser, ada, anyone, tea):
    order = place_order(ada.user, tea)
    headers = {"X-Order-Token": make_order_token(order)}
    act(admin_browser, "revoke_links", order)
    assert Order.objects.get().links_valid_from is not None
    assert anyone.get(f"/api/orders/{order.pk}/", headers=headers).status_code == 401


def url_of(order, step="change"):
    return f"{LIST}{order.pk}/{step}/"


def labels_of(page):
    return re.findall(r'<a class="button" href="[^"]+">([^<]+)</a>', page.content.decode())


def test_the_page_of_an_order_shows_what_a_clerk_needs(unthrottled, anyone, admin_browser, tea):
    create_method(prices={"DE": "4.90"})
    Product.objects.filter(pk=tea.pk).update(sku="TEA-1")
    Guest(anyone, tea, shipping_address=ADDRESS, phone="+49301234567").order()
    order = Order.objects.get()
    Order.objects.update(has_open_dispute=True, note="Ring <twice>")
    page = admin_browser.get(url_of(order)).content.decode()
    shown_part = page[page.index("order-page") : page.index("</section>")]
    shown = [f"Order {order.number}", "Payment: <strong>Unpaid", "Dispute: <strong>Open"]
    shown += ["mailto:guest@example.com", "+49301234567", "Torstraße 1<br>10119 Berlin"]
    shown += [f'<a href="/admin/catalog/product/{tea.pk}/change/">Tea</a>', "<td>TEA-1</td>"]
    shown += ["Ring &lt;twice&gt;", "Owed</th><td>9.40</td>", "Shipping</th><td>4.90</td>"]
    assert [text for text in shown if text not in shown_part] == []
    assert "catalog/product" not in browser_of("view_order").get(url_of(order)).content.decode()


def test_a_clerk_ships_some_units_and_then_the_rest(amy, admin_browser, ada, tea):
    order = place_order(ada.user, tea, quantity=3)
    assert labels_of(admin_browser.get(url_of(order)))[:2] == ["Confirm", "Cancel"]
    submit(admin_browser, admin_browser.get(url_of(order, "confirm")))
    page = admin_browser.get(url_of(order))
    assert labels_of(page)[:3] == ["Ship everything that is left", "Ship some units", "Cancel"]
    form = admin_browser.get(url_of(order, "fulfil"))
    units = f"units_{tea.pk}"
    refused = submit(admin_browser, form, **{units: "4"})
    assert "3 units of Tea are left to ship." in refused.content.decode()
    assert not order.fulfilments.exists()
    sent = {units: "2", "carrier": "DHL", "tracking_number": "0034"}
    assert messages_of(submit(admin_browser, form, **sent)) == [
        f"Shipped: {order.fulfilments.get()} of {order}."
    ]
    again = submit(admin_browser, form, **sent)
    assert "already sent" in messages_of(again)[0]
    shipped = order.fulfilments.get()
    assert (shipped.carrier, shipped.items.get().quantity, shipped.actor) == ("DHL", 2, amy.user)
    submit(admin_browser, admin_browser.get(url_of(order, "ship")))
    assert labels_of(admin_browser.get(url_of(order)))[:1] == ["Deliver"]
    submit(admin_browser, admin_browser.get(url_of(order, f"fulfilments/{shipped.pk}/deliver")))
    submit(admin_browser, admin_browser.get(url_of(order, "deliver")))
    order.refresh_from_db()
    assert order.status == "delivered"
    assert_audit_passes()


def test_a_step_that_is_refused_says_why_and_changes_nothing(admin_browser, ada, tea):
    order = place_order(ada.user, tea)
    act(admin_browser, "confirm", order)
    Order.objects.update(shipping_held=True)
    reason = "This order is held: look at its payment before you ship it."
    page = admin_browser.get(url_of(order))
    assert f"Ship everything that is left: {reason}" in page.content.decode()
    assert labels_of(page)[:2] == ["Release shipping", "Cancel"]
    for step in ("ship", "fulfil"):
        assert reason in admin_browser.get(url_of(order, step)).content.decode()
    sent = admin_browser.post(url_of(order, "ship"), follow=True)
    assert messages_of(sent) == [f"{order}: {reason}"]
    assert not order.fulfilments.exists()
    submit(admin_browser, admin_browser.get(url_of(order, "release")))
    submit(admin_browser, admin_browser.get(url_of(order, "ship")))
    order.refresh_from_db()
    assert order.status == "shipped"


def test_the_search_finds_what_buyers_and_clerks_have_at_hand(
    unthrottled, anyone, admin_browser, bob, tea
):
    create_method(prices={"DE": "4.90"})
    Product.objects.filter(pk=tea.pk).update(sku="TEA-1")
    Guest(anyone, tea, shipping_address=ADDRESS, phone="+49301234567").order()
    mine, other = Order.objects.get(), place_order(bob.user, ProductFactory(name="Teapot"))
    Order.objects.filter(pk=other.pk).update(total="8.00", subtotal="8.00")
    name = ADDRESS["name"]
    terms = [mine.number.lower(), name, name.upper(), "guest@exa", "+49 30 1234567", "030/1234567"]
    terms += ["tea-1", "9.40", "9,40", f"9.40 {mine.currency}"]
    for term in terms:
        found = admin_browser.get(LIST, {"q": term}).context["cl"].queryset
        assert list(found) == [mine], term
    by_amount = {"8.00": [other], f"8 {other.currency}": [other], "teapot": [other]}
    for term, expected in by_amount.items():
        assert list(admin_browser.get(LIST, {"q": term}).context["cl"].queryset) == expected
    found = admin_browser.get(LIST, {"q": "8"}).context["cl"].queryset
    assert list(found) == list(Order.objects.filter(pk=8))


def test_the_packing_slip_has_no_prices_and_the_language_of_the_buyer(admin_browser, ada, tea):
    order = place_order(ada.user, tea, quantity=3)
    order.items.update(quantity_cancelled=1, sku="TEA-1")
    Order.objects.update(language="de", amount_cancelled="4.50")
    page = admin_browser.get(url_of(order, "packing-slip")).content.decode()
    assert "<h1>Lieferschein</h1>" in page
    assert re.search('<td>TEA-1</td>\\s*<td class="quantity">2</td>', page)
    assert "4.50" not in page
    assert order.number in page


@pytest.fixture
def asked(admin_browser, ada, tea):
    """A requested return of two of three shipped units."""
    order = place_order(ada.user, tea, quantity=3)
    for step in ("confirm", "ship"):
        act(admin_browser, step, order)
    wish = Wish(units={tea.pk: 2}, kind="return", resolution="refund")
    return Return.objects.get(
        pk=request_return(order_id=order.pk, wish=wish, actor=ada.user),
    )


def test_a_part_of_a_return_is_received_after_an_answer(admin_browser, ada, tea, asked):
    pages = f"/admin/orders/return/{asked.pk}"
    for page in (f"{pages}/change/", url_of(asked.order)):
        assert f'href="{pages}/approve/"' in admin_browser.get(page).content.decode()
    answer = {"answer": "Send it to our shop.", "resolution": "replacement"}
    shown = admin_browser.post(f"{pages}/approve/", answer)
    assert "Send it to our shop." in shown.content.decode()
    asked.refresh_from_db()
    assert asked.status == "requested"  # until it is confirmed
    done = submit(admin_browser, shown)
    assert done.request["PATH_INFO"] == url_of(asked.order)
    assert f'href="{pages}/receive/"' in done.content.decode()

    form = admin_browser.get(f"{pages}/receive/").context["form"]
    assert form[f"units_{tea.pk}"].initial == 2
    too_many = admin_browser.post(f"{pages}/receive/", {f"units_{tea.pk}": 3})
    assert too_many.context["form"].errors
    shown = admin_browser.post(
        f"{pages}/receive/", {f"units_{tea.pk}": 1, f"restock_{tea.pk}": "on"}
    )
    assert "1 of 2 arrived, 1 into stock" in shown.content.decode()
    submit(admin_browser, shown)

    asked.refresh_from_db()
    assert (asked.status, asked.resolution, asked.answer) == (
        "received",
        "replacement",
        "Send it to our shop.",
    )
    item = asked.items.get()
    assert (item.quantity_received, item.quantity_restocked) == (1, 1)
    assert Product.objects.get().stock == 8
    assert_audit_passes()


def test_a_return_is_rejected_with_an_answer_and_then_has_no_steps(admin_browser, asked):
    pages = f"/admin/orders/return/{asked.pk}"
    submit(admin_browser, admin_browser.post(f"{pages}/reject/", {"answer": "It is worn."}))
    asked.refresh_from_db()
    assert (asked.status, asked.answer) == ("rejected", "It is worn.")
    page = admin_browser.get(f"{pages}/change/").content.decode()
    assert re.findall(rf'href="{pages}/(\w+)/"', page) == ["history"]


def test_only_who_may_change_returns_sees_their_steps(asked):
    pages = f"/admin/orders/return/{asked.pk}"
    browser = browser_of("view_return")
    assert f'href="{pages}/approve/"' not in browser.get(f"{pages}/change/").content.decode()
    for step in ("approve", "reject", "receive", "close"):
        assert browser.post(f"{pages}/{step}/").status_code == 403
