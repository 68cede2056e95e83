"""The pages of the admin with which staff prepare and send drafts."""

from decimal import Decimal

from accounts.factories import staff_with
from cart.drafts import create_draft
from cart.models import CartItem, Draft
from cart.shipping.factories import create_method
from catalog.factories import ProductFactory
from catalog.models import Product
from orders.models import Order
from orders.tests.test_guests import ADDRESS
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine
from shop.testing.pages import messages_of, submit

pytestmark = on_one_engine

LIST = "/admin/cart/draft/"
SHIPPING = {f"shipping_address_{name}": value for name, value in ADDRESS.items()}


def test_staff_prepare_a_draft_and_send_its_link(admin_browser, amy, tea):
    create_method(prices={"DE": "4.90"})
    page = admin_browser.get(f"{LIST}add/")
    half = submit(admin_browser, page, item_0_product=tea.pk, shipping_address_postal_code="x" * 40)
    assert "Enter the quantity." in half.content.decode()
    item = {"item_0_product": tea.pk, "item_0_quantity": "2", "item_0_price": "4.00"}
    asked = submit(admin_browser, page, **item, **SHIPPING, voucher_codes="SPRING")
    shown = asked.content.decode()
    for text in ("2 × Tea", "8.00 (4.00 each)", "Shipping: Standard", "12.90 USD"):
        assert text in shown
    assert "The code “SPRING” is not valid." in shown
    assert "Needed before it is sent" in shown
    assert not Draft.objects.exists()
    saved = submit(admin_browser, asked)
    draft = Draft.objects.get()
    assert messages_of(saved) == [f"Saved: {draft}."]
    assert saved.request["PATH_INFO"] == f"{LIST}{draft.pk}/change/"
    assert draft.created_by == amy.user
    edit = admin_browser.get(f"{LIST}{draft.pk}/edit/")
    changed = submit(admin_browser, edit, email="eve@example.org", voucher_codes="")
    done = submit(admin_browser, changed)
    assert "Needed before it is sent" not in done.content.decode()
    submit(admin_browser, admin_browser.get(f"{LIST}{draft.pk}/send/"))
    order = Order.objects.get()
    assert (str(order.total), order.email) == ("12.90", "eve@example.org")
    assert order.items.get().unit_price == Decimal("4.00")
    assert Product.objects.get(pk=tea.pk).stock == 8
    assert Event.objects.filter(kind="draft.sent", data={"order_id": order.pk}).count() == 1
    page = admin_browser.get(f"{LIST}{draft.pk}/change/").content.decode()
    assert (f"{draft.pk}/send/" in page, f"{draft.pk}/edit/" in page) == (True, False)
    assert f'href="/admin/orders/order/{order.pk}/change/"' in page
    assert_audit_passes()


def test_staff_who_may_not_set_prices_keep_those_that_were_set(client, amy, ada, tea):
    pot = ProductFactory(name="Pot", price="31.00")
    items = [
        {"product_id": tea.pk, "quantity": 1, "price_override": Decimal("4.00")},
        {"product_id": pot.pk, "quantity": 1},
    ]
    changes = {"items": items, "customer_id": ada.user.pk}
    draft = create_draft(actor=amy.user, changes=changes, may_override=True)
    client.force_login(staff_with(group="order clerk"))
    page = client.get(f"{LIST}{draft.pk}/edit/")
    assert "item_0_price" not in page.content.decode()
    asked = submit(client, page, item_0_quantity="3", item_1_quantity="0", item_0_price="0.01")
    assert "12.00 (4.00 each)" in asked.content.decode()
    submit(client, asked)
    kept = CartItem.objects.values_list("product_id", "quantity", "price_override")
    assert list(kept) == [(tea.pk, 3, Decimal("4.00"))]


def test_a_draft_that_was_changed_meanwhile_is_shown_again(admin_browser, amy, tea):
    changes = {"items": [{"product_id": tea.pk, "quantity": 1}], "email": "eve@example.org"}
    draft = create_draft(actor=amy.user, changes=changes, may_override=False)
    page = admin_browser.get(f"{LIST}{draft.pk}/edit/")
    asked = submit(admin_browser, page, item_0_quantity="2")
    Product.objects.filter(pk=tea.pk).update(price="5.00")
    again = submit(admin_browser, asked).content.decode()
    assert "Something has changed since you looked at this page." in again
    assert "10.00 (5.00 each)" in again
    assert CartItem.objects.get().quantity == 1
    submit(admin_browser, admin_browser.get(f"{LIST}{draft.pk}/discard/"))
    assert not Draft.objects.exists()
