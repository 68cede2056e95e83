"""The page of the admin that changes the addresses of an order."""

from cart.shipping.factories import create_method
from orders.models import AddressKind, Order, OrderAddress
from orders.services import confirm_order, fulfil
from orders.tests.test_guests import ADDRESS, Guest
from shop.testing.marks import on_one_engine
from shop.testing.pages import messages_of, submit

pytestmark = on_one_engine


def test_an_address_is_changed_until_the_order_is_shipped(
    unthrottled, anyone, amy, admin_browser, tea
):
    create_method(prices={"DE": "4.90", "AT": "9.90"})
    Guest(anyone, tea, shipping_address=ADDRESS).order()
    order = Order.objects.get()
    url = f"/admin/orders/order/{order.pk}/contact/"
    page = admin_browser.get(url)
    missing = submit(admin_browser, page, shipping_address_city="").content.decode()
    assert "Please fill in: City." in missing
    elsewhere = {"shipping_address_country": "AT", "shipping_address_postal_code": "1010"}
    dearer = submit(admin_browser, page, **elsewhere).content.decode()
    assert "At this address, shipping or tax would cost something else." in dearer
    moved = {"shipping_address_line1": "Ackerstraße 2", "email": "eve@example.org"}
    asked = submit(admin_browser, page, **moved)
    shown = asked.content.decode()
    assert "guest@example.com → eve@example.org" in shown
    assert "Ackerstraße 2<br>10119 Berlin" in shown
    assert OrderAddress.objects.get().line1 == ADDRESS["line1"]
    assert messages_of(submit(admin_browser, asked)) == [f"Changed addresses of {order}."]
    order.refresh_from_db()
    address = OrderAddress.objects.get()
    assert (address.line1, address.kind, order.email) == (
        ("Ackerstraße 2", AddressKind.SHIPPING, "eve@example.org")
    )
    assert order.events.latest("pk").actor == amy.user
    billing = {f"billing_address_{name}": value for name, value in ADDRESS.items()}
    submit(admin_browser, submit(admin_browser, admin_browser.get(url), **billing))
    assert OrderAddress.objects.filter(kind=AddressKind.BILLING).get().city == "Berlin"
    confirm_order(order_id=order.pk, actor=amy.user)
    fulfil(order_id=order.pk, actor=amy.user)
    late = submit(admin_browser, admin_browser.get(url), shipping_address_line1="Ackerstraße 3")
    assert "errornote" in late.content.decode()
    assert OrderAddress.objects.get(kind=AddressKind.SHIPPING).line1 == "Ackerstraße 2"
    assert "/contact/" not in admin_browser.get(url.replace("contact", "change")).content.decode()
