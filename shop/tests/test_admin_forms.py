"""Forms of the admin: sent twice, sent by two people at once, refused, and confirmed."""

import re
import time
from datetime import timedelta
from threading import Event

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.signing import TimestampSigner, b62_encode
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.factories import PASSWORD, StaffFactory
from accounts.models import User
from catalog.attributes.services import create_attribute
from catalog.categories.services import create_category
from catalog.factories import ProductFactory, ShirtFactory
from catalog.models import Attribute, Category, Product
from catalog.products.services import update_product
from orders.factories import place_order
from orders.models import Order
from payments.factories import pay
from payments.models import Refund
from shop.core.form_keys import LIFETIME
from shop.core.idempotency import RETENTION
from shop.core.models import IdempotencyKey
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_database
from shop.testing.pages import choose, form_of, forms_of, messages_of, submit
from shop.testing.races import at_once

SENT = "This form was already sent; nothing was changed."
PRODUCTS = "/admin/catalog/product/"
PAYMENTS = "/admin/payments/payment/"
ORDERS = "/admin/orders/order/"
POT = {"name": "Pot", "price": "12.50", "stock": "7"}


def send(browser, path, form):
    return browser.post(path, form, follow=True)


def errors_of(page):
    return page.context["adminform"].form.errors


# -- One-time keys ---------------------------------------------------------------------------------


def rows_of_every_model(ada, tea):
    """Return a row of each model whose forms staff may send."""
    return {
        Attribute: create_attribute(name="Material", slug="material", kind="text"),
        Category: create_category(name="Drinks", slug="drinks"),
        Group: Group.objects.create(name="Clerks"),
        Product: tea,
        User: ada.user,
    }


@on_one_database
def test_every_form_that_writes_has_a_one_time_key(admin_browser, ada, tea):
    """Also the pages of the models that a later change registers."""
    payment = pay(place_order(ada.user, tea))
    shirt = ShirtFactory()
    rows, paths = rows_of_every_model(ada, tea), []
    for model in admin.site._registry:
        name = f"admin:{model._meta.label_lower.replace('.', '_')}"
        paths.append(reverse(f"{name}_add"))
        row = rows.get(model) or model._default_manager.first()
        if row is not None:
            paths += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "delete")]
    paths += [
        f"{PRODUCTS}{tea.pk}/adjust/",
        f"{PRODUCTS}{shirt.pk}/variant/",
        f"{PRODUCTS}import/",
        f"{PRODUCTS}edit/",
        f"/admin/catalog/productimage/add/?product={tea.pk}",
        f"{PAYMENTS}{payment.pk}/refund/",
        f"/admin/accounts/user/{ada.user.pk}/password/",
        "/admin/password_change/",
    ]
    with_a_form = set()
    for path in paths:
        page = admin_browser.get(path)
        for form in forms_of(page) if page.status_code == 200 else []:
            assert form.get("form_key"), path
            with_a_form.add(path)
    assert len(with_a_form) >= 20
    assert set(paths[-8:]) <= with_a_form


def test_no_list_can_be_edited_and_no_page_has_editable_rows_below_it(rf, amy):
    """Neither has the state of its rows in the form, so that one of two users would lose."""
    request = rf.get("/")
    request.user = amy.user
    for model, model_admin in admin.site._registry.items():
        assert not model_admin.list_editable, model
        for inline in model_admin.get_inline_instances(request):
            assert not inline.has_change_permission(request), model
            assert not inline.has_add_permission(request, None), model


@on_one_database
def test_every_action_that_writes_asks_first(admin_browser, ada, tea):
    """Exports are the only actions that do not write."""
    pay(place_order(ada.user, tea))
    rows = rows_of_every_model(ada, tea)
    asked = set()
    for model, model_admin in admin.site._registry.items():
        row = rows.get(model) or model._default_manager.first()
        path = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
        request = admin_browser.get(path).wsgi_request
        for action in model_admin.get_actions(request) if row is not None else ():
            page = choose(admin_browser, path, action, row)
            if action not in ("export_csv", "export_xlsx"):
                assert "Nothing has been changed yet." in page.content.decode(), action
                assert form_of(page)["post"] == ["yes"]
                asked.add(action)
    assert asked >= {"ship", "cancel", "record_payment", "refund", "publish", "delete_selected"}
    assert asked >= {"log_out_everywhere", "capture", "void", "confirm", "deliver"}
    assert not LogEntry.objects.exists()
    assert (Order.objects.get().status, Product.objects.get().is_published) == ("paid", True)


def test_a_new_product_that_is_sent_twice_is_added_once(admin_browser):
    form = form_of(admin_browser.get(f"{PRODUCTS}add/")) | POT
    send(admin_browser, f"{PRODUCTS}add/", form)
    page = send(admin_browser, f"{PRODUCTS}add/", form)
    pot = Product.objects.get()
    assert (pot.name, pot.stock, pot.movements.count()) == ("Pot", 7, 1)
    (message,) = messages_of(page)
    assert message.startswith(SENT)
    assert f'<a href="{PRODUCTS}">' in message
    assert page.redirect_chain == [(PRODUCTS, 302)]


def test_back_with_other_input_keeps_the_input_and_can_be_sent_again(admin_browser):
    form = form_of(admin_browser.get(f"{PRODUCTS}add/")) | POT
    send(admin_browser, f"{PRODUCTS}add/", form)
    page = send(admin_browser, f"{PRODUCTS}add/", form | {"name": "Pan"})
    assert Product.objects.get().name == "Pot"
    (error,) = errors_of(page)["__all__"]
    assert error.startswith(SENT)
    again = form_of(page)
    assert again["name"] == ["Pan"]
    assert again["form_key"] != form["form_key"]
    submit(admin_browser, page)
    assert list(Product.objects.values_list("name", flat=True)) == ["Pot", "Pan"]


def test_an_error_does_not_use_up_the_key(admin_browser):
    page = admin_browser.get(f"{PRODUCTS}add/")
    key = form_of(page)["form_key"]
    page = submit(admin_browser, page, **POT, slug="no slug")
    assert "slug" in errors_of(page)
    assert form_of(page)["form_key"] == key
    assert not IdempotencyKey.objects.exists()
    submit(admin_browser, page, slug="pot")
    assert Product.objects.get().slug == "pot"
    assert IdempotencyKey.objects.get().key == key[0]


@on_one_database
@pytest.mark.parametrize("key", ["", "x", "é", "\x00", "a" * 300, "a:b:c"])
def test_a_form_with_a_damaged_key_is_not_saved(admin_browser, key):
    form = form_of(admin_browser.get(f"{PRODUCTS}add/")) | POT
    page = send(admin_browser, f"{PRODUCTS}add/", form | {"form_key": key})
    assert "was open for too long" in errors_of(page)["__all__"][0]
    assert not Product.objects.exists()
    submit(admin_browser, page)
    assert Product.objects.get().name == "Pot"


@pytest.mark.parametrize(("minutes", "is_saved"), [(-1, True), (1, False)])
def test_a_key_expires_before_its_record_is_deleted(admin_browser, minutes, is_saved):
    class Earlier(TimestampSigner):
        def timestamp(self):
            age = LIFETIME + timedelta(minutes=minutes)
            return b62_encode(int(time.time() - age.total_seconds()))

    key = Earlier(salt="shop.core.form_keys").sign("x")
    page = submit(admin_browser, admin_browser.get(f"{PRODUCTS}add/"), **POT, form_key=key)
    assert Product.objects.exists() is is_saved
    assert is_saved or "was open for too long" in errors_of(page)["__all__"][0]
    assert LIFETIME < RETENTION


def test_keys_belong_to_one_user_and_one_page(admin_browser, tea):
    form = form_of(admin_browser.get(f"{PRODUCTS}add/")) | POT
    colleague = Client()
    colleague.force_login(StaffFactory())
    for browser in (admin_browser, colleague):
        send(browser, f"{PRODUCTS}add/", form)
    assert Product.objects.filter(name="Pot").count() == 2


def test_a_stock_adjustment_that_is_sent_twice_counts_once(admin_browser, tea):
    path = f"{PRODUCTS}{tea.pk}/adjust/"
    form = form_of(admin_browser.get(path)) | {"delta": "-3", "reason": "Broken"}
    send(admin_browser, path, form)
    page = send(admin_browser, path, form)
    assert messages_of(page)[0].startswith(SENT)
    tea.refresh_from_db()
    assert (tea.stock, tea.movements.count()) == (7, 2)
    page = send(admin_browser, path, form | {"delta": "-4"})
    assert page.context["form"].errors["__all__"][0].startswith(SENT)
    tea.refresh_from_db()
    assert tea.stock == 7


def test_a_refund_that_is_sent_twice_is_made_once(admin_browser, ada, tea):
    payment = pay(place_order(ada.user, tea))
    path = f"{PAYMENTS}{payment.pk}/refund/"
    form = form_of(admin_browser.get(path)) | {"amount": "1.25"}
    send(admin_browser, path, form)
    page = send(admin_browser, path, form)
    assert messages_of(page)[0].startswith(SENT)
    assert [str(refund.amount) for refund in Refund.objects.all()] == ["1.25"]
    assert_audit_passes()


def test_a_deletion_that_is_sent_twice_leads_to_the_same_page(admin_browser, tea):
    path = f"{PRODUCTS}{tea.pk}/delete/"
    form = form_of(admin_browser.get(path))
    first, second = (send(admin_browser, path, form) for _ in range(2))
    assert messages_of(first) == ["Archived: Tea."]
    assert messages_of(second)[0].startswith(SENT)
    assert first.redirect_chain == second.redirect_chain


def test_a_password_that_is_sent_twice_is_set_once(admin_browser, amy, ada):
    new = {"password1": "another-long-one", "password2": "another-long-one"}
    path = f"/admin/accounts/user/{ada.user.pk}/password/"
    form = form_of(admin_browser.get(path)) | new
    for _ in range(2):
        page = send(admin_browser, path, form)
    assert messages_of(page)[0].startswith(SENT)
    assert User.objects.get(pk=ada.user.pk).token_version == 1
    own = {
        "old_password": PASSWORD,
        "new_password1": "x-another-long",
        "new_password2": "x-another-long",
    }
    page = admin_browser.get("/admin/password_change/")
    for _ in range(2):
        done = send(admin_browser, "/admin/password_change/", form_of(page) | own)
    assert done.redirect_chain == [("/admin/password_change/done/", 302)]
    assert User.objects.get(pk=amy.user.pk).token_version == 1


def test_the_record_of_a_form_has_no_trace_of_a_password(admin_browser, ada):
    path = f"/admin/accounts/user/{ada.user.pk}/password/"
    prints = set()
    for password in ("another-long-one", "yet-another-one"):
        submit(admin_browser, admin_browser.get(path), password1=password, password2=password)
        prints |= set(IdempotencyKey.objects.values_list("fingerprint", flat=True))
    assert len(prints) == 1


def test_a_confirmation_that_is_sent_twice_acts_once(admin_browser, ada, tea):
    orders = [place_order(ada.user, tea) for _ in range(2)]
    form = form_of(choose(admin_browser, ORDERS, "cancel", *orders))
    send(admin_browser, ORDERS, form)
    assert messages_of(send(admin_browser, ORDERS, form)) == [
        f"This form was already sent; nothing was changed: {orders[1]}, {orders[0]}."
    ]
    assert [order.events.filter(status="cancelled").count() for order in orders] == [1, 1]
    tea.refresh_from_db()
    assert tea.stock == 10


def browsers(user):
    for _ in range(2):
        browser = Client(raise_request_exception=False)
        browser.force_login(user)
        yield browser


def race(path, form, user):
    """Send one form twice at the same time; return the messages that both users then see."""
    clients = list(browsers(user))
    pages = at_once(*[lambda b=browser: b.post(path, form) for browser in clients])
    assert [page.status_code for page in pages] == [302, 302]
    assert pages[0]["Location"] == pages[1]["Location"]
    shown = [messages_of(browser.get(pages[0]["Location"])) for browser in clients]
    return sorted(message.split(".")[0] for messages in shown for message in messages)


@pytest.mark.django_db(transaction=True)
def test_of_two_new_products_at_once_one_is_added(admin_browser, amy):
    form = form_of(admin_browser.get(f"{PRODUCTS}add/")) | POT
    messages = race(f"{PRODUCTS}add/", form, amy.user)
    assert len(messages) == 2
    assert "This form was already sent; nothing was changed" in messages
    assert Product.objects.get().movements.count() == 1
    assert LogEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_stock_adjustments_at_once_one_counts(admin_browser, amy, tea):
    path = f"{PRODUCTS}{tea.pk}/adjust/"
    form = form_of(admin_browser.get(path)) | {"delta": "-3", "reason": "Broken"}
    assert race(path, form, amy.user) == ["The stock of Tea is now 7", SENT[:-1]]
    tea.refresh_from_db()
    assert (tea.stock, tea.movements.count()) == (7, 2)
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_of_two_refunds_at_once_one_is_made(admin_browser, amy, ada, tea):
    payment = pay(place_order(ada.user, tea))
    path = f"{PAYMENTS}{payment.pk}/refund/"
    form = form_of(admin_browser.get(path)) | {"amount": "1.25"}
    race(path, form, amy.user)
    assert [str(refund.amount) for refund in Refund.objects.all()] == ["1.25"]
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_of_two_confirmed_refunds_at_once_each_payment_is_refunded_once(
    admin_browser, amy, ada, tea
):
    payments = [pay(place_order(ada.user, tea)) for _ in range(2)]
    form = form_of(choose(admin_browser, PAYMENTS, "refund", *payments))
    race(PAYMENTS, form, amy.user)
    assert [str(refund.amount) for refund in Refund.objects.all()] == ["4.50", "4.50"]
    assert LogEntry.objects.count() == 2
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_a_form_whose_first_request_is_still_running_is_kept(admin_browser, amy, tea):
    """On PostgreSQL the second one waits for the lock; SQLite has one writer at a time."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no lock time-out for one row")
    path = f"{PRODUCTS}{tea.pk}/adjust/"
    form = form_of(admin_browser.get(path)) | {"delta": "-3", "reason": "Broken"}
    key = form["form_key"][0]
    entered, leave = Event(), Event()

    def hold():
        with transaction.atomic():
            IdempotencyKey.objects.create(user=amy.user, scope=f"POST {path}", key=key)
            entered.set()
            leave.wait(timeout=60)
            transaction.set_rollback(True)

    def send_second():
        entered.wait(timeout=60)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        try:
            return admin_browser.post(path, form)
        finally:
            leave.set()

    _, page = at_once(hold, send_second)
    assert page.context["form"].errors == {
        "__all__": ["This form is still being saved. Look at the result before you send it again."]
    }
    assert form_of(page)["form_key"] == [key]
    tea.refresh_from_db()
    assert tea.stock == 10


# -- Two people, one row ---------------------------------------------------------------------------


def test_a_form_that_was_opened_before_a_change_does_not_overwrite_it(admin_browser, amy, tea):
    path = f"{PRODUCTS}{tea.pk}/change/"
    older, newer = Client(), admin_browser
    bea = StaffFactory(username="bea")
    older.force_login(bea)
    stale = older.get(path)
    submit(newer, newer.get(path), price="9.00")
    page = submit(older, stale, brand="Kettle & Co")
    tea.refresh_from_db()
    assert (str(tea.price), tea.brand) == ("9.00", "")
    errors = errors_of(page)
    assert list(errors) == ["price", "__all__"]
    assert re.fullmatch(
        r"Price was changed to 9\.00 by amy at .+; you had 4\.50\.", errors["price"][0]
    )
    assert errors["__all__"][0].startswith("Nothing was saved")
    again = form_of(page)
    # What this user entered is kept, and what only the other user changed is shown as it is now.
    assert (again["brand"], again["price"]) == (["Kettle & Co"], ["9.00"])
    submit(older, page)
    tea.refresh_from_db()
    assert (str(tea.price), tea.brand) == ("9.00", "Kettle & Co")
    blamed = LogEntry.objects.order_by("pk").values_list("user__username", "change_message")
    assert list(blamed) == [
        ("amy", '[{"changed": {"fields": ["Price"]}}]'),
        ("bea", '[{"changed": {"fields": ["Brand"]}}]'),
    ]


def test_saving_again_overwrites_a_field_that_both_changed(admin_browser, tea):
    path = f"{PRODUCTS}{tea.pk}/change/"
    stale = admin_browser.get(path)
    submit(admin_browser, admin_browser.get(path), price="9.00")
    page = submit(admin_browser, stale, price="7.00")
    assert "changed to 9.00 by amy" in errors_of(page)["price"][0]
    assert "you had 7.00" in errors_of(page)["price"][0]
    assert form_of(page)["price"] == ["7.00"]
    tea.refresh_from_db()
    assert str(tea.price) == "9.00"
    submit(admin_browser, page)
    tea.refresh_from_db()
    assert str(tea.price) == "7.00"


def test_a_change_of_another_value_by_the_api_is_found_too(admin_browser, tea):
    stale = admin_browser.get(f"{PRODUCTS}{tea.pk}/change/")
    update_product(product_id=tea.pk, tags=["green"], is_published=False)
    errors = errors_of(submit(admin_browser, stale, brand="B"))
    assert errors["tag_words"] == [
        "Tags was changed to green since you opened this form; you had nothing."
    ]
    assert errors["is_published"] == [
        "Is published was changed to no since you opened this form; you had yes."
    ]
    tea.refresh_from_db()
    assert (tea.brand, tea.is_published) == ("", False)


def test_stock_that_was_sold_meanwhile_is_no_conflict(admin_browser, ada, tea):
    page = admin_browser.get(f"{PRODUCTS}{tea.pk}/change/")
    place_order(ada.user, tea)
    submit(admin_browser, page, brand="B")
    tea.refresh_from_db()
    assert (tea.brand, tea.stock) == ("B", 9)


def test_a_form_that_nobody_else_changed_is_saved(admin_browser, ada, tea):
    """Each kind of field has the same digest when it is read again."""
    update_product(
        product_id=tea.pk,
        description="Two\nlines",
        tags=["b", "a"],
        metadata={"b": "1", "a": "2"},
        publish_at="2026-01-02T03:04:05.678901Z",
        attributes={},
    )
    for path in [f"{PRODUCTS}{tea.pk}/change/"] + [
        reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
        for model, row in rows_of_every_model(ada, tea).items()
    ]:
        page = submit(admin_browser, admin_browser.get(path))
        assert page.redirect_chain, (path, errors_of(page))


@on_one_database
@pytest.mark.parametrize("state", ["", "x", "eyJhIjoxfQ:bad"])
def test_a_damaged_state_is_refused_and_the_input_kept(admin_browser, tea, state):
    page = admin_browser.get(f"{PRODUCTS}{tea.pk}/change/")
    page = submit(admin_browser, page, form_state=state, brand="B")
    assert "damaged" in errors_of(page)["__all__"][0]
    tea.refresh_from_db()
    assert tea.brand == ""
    submit(admin_browser, page)
    tea.refresh_from_db()
    assert tea.brand == "B"


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_at_once_one_is_refused(amy, tea):
    path = f"{PRODUCTS}{tea.pk}/change/"
    forms = [
        (browser, form_of(browser.get(path)) | {"price": price})
        for browser, price in zip(browsers(amy.user), ("8.00", "9.00"), strict=True)
    ]
    pages = at_once(*[lambda b=b, form=form: b.post(path, form) for b, form in forms])
    assert sorted(page.status_code for page in pages) == [200, 302]
    tea.refresh_from_db()
    assert str(tea.price) == ("8.00", "9.00")[[p.status_code for p in pages].index(302)]
    assert LogEntry.objects.count() == 1


# -- Errors at their fields ------------------------------------------------------------------------


@on_one_database
def test_errors_of_services_are_shown_at_their_fields(admin_browser, tea, shirt):
    ProductFactory(sku="TAKEN", slug="taken")
    product, variant = f"{PRODUCTS}{tea.pk}/change/", shirt.variants.first()
    cases = [
        (product, {"sku": "TAKEN"}, "sku", "The SKU “TAKEN” is already in use."),
        (product, {"slug": "taken"}, "slug", "The slug “taken” is already in use."),
        (product, {"option_names": "Size"}, "option_names", "Options can only be added"),
        (
            f"{PRODUCTS}{shirt.pk}/change/",
            {"option_names": "Size"},
            "option_names",
            "Options can only be added",
        ),
        (
            f"{PRODUCTS}{variant.pk}/change/",
            dict(
                zip(
                    ("option_value_0", "option_value_1"), shirt.variants.last().options, strict=True
                )
            ),
            "option_value_0",
            "The product already has a variant",
        ),
        (f"{PRODUCTS}add/", POT | {"sku": "TAKEN"}, "sku", "The SKU “TAKEN” is already in use."),
        (f"{PRODUCTS}add/", POT | {"option_names": "Size"}, "stock", "A product with options has"),
    ]
    before = list(Product.objects.order_by("pk").values())
    for path, changes, field, sentence in cases:
        page = submit(admin_browser, admin_browser.get(path), **changes)
        assert page.status_code == 200, path
        assert errors_of(page)[field][0].startswith(sentence), path
        for name, value in changes.items():
            assert form_of(page)[name] == [value]
    assert list(Product.objects.order_by("pk").values()) == before
    assert not LogEntry.objects.exists()


def test_an_error_of_a_sale_is_shown_at_its_field(admin_browser, tea):
    path = "/admin/catalog/sale/add/"
    sale = {
        "name": "Summer",
        "kind": "percent",
        "value": "10",
        "starts_at_0": "2020-01-01",
        "starts_at_1": "00:00:00",
        "products": [tea.pk],
    }
    page = submit(admin_browser, admin_browser.get(path), **sale)
    assert errors_of(page) == {"starts_at": ["A sale cannot start in the past."]}
    assert form_of(page)["name"] == ["Summer"]


def test_categories_that_are_in_use_are_named_before_and_after(admin_browser, tea):
    used, free = (create_category(name=name, slug=name.lower()) for name in ("Used", "Free"))
    update_product(product_id=tea.pk, category_id=used.pk)
    path = "/admin/catalog/category/"
    page = choose(admin_browser, path, "delete_selected", used, free)
    assert form_of(page)["_selected_action"] == [str(free.pk)]
    reason = "The category is not empty. Categories in it: 0, products: 1. Move them first."
    assert reason in page.content.decode()
    page = choose(admin_browser, path, "delete_selected", used, free, post="yes")
    assert messages_of(page) == [f"Used: {reason}", "Deleted: Free (1 of 2)."]
    assert list(Category.objects.all()) == [used]
    page = admin_browser.post(f"{path}{used.pk}/delete/", {"post": "yes"}, follow=True)
    assert Category.objects.filter(pk=used.pk).exists()


# -- Confirmation ----------------------------------------------------------------------------------


def test_the_confirmation_shows_rows_totals_and_reasons(admin_browser, ada, tea):
    open_orders = [place_order(ada.user, tea) for _ in range(2)]
    gone = place_order(ada.user, tea)
    choose(admin_browser, ORDERS, "cancel", gone, post="yes")
    page = choose(admin_browser, ORDERS, "cancel", *open_orders, gone)
    text = " ".join(re.sub("<[^>]+>", " ", page.content.decode()).split())
    assert "2 orders will be cancelled" in text
    assert "Total 9.00 USD" in text
    assert f"1 order will not be cancelled {gone} An order that is cancelled" in text
    assert sorted(form_of(page)["_selected_action"]) == sorted(str(o.pk) for o in open_orders)
    assert Order.objects.filter(status="cancelled").count() == 1
    tea.refresh_from_db()
    assert tea.stock == 8
    page = submit(admin_browser, page)
    assert messages_of(page) == [f"Cancelled: {open_orders[1]}, {open_orders[0]} (2 of 2)."]
    assert_audit_passes()


def test_the_confirmation_of_refunds_adds_up_what_is_left(admin_browser, ada, tea):
    paid, waiting = (
        pay(place_order(ada.user, tea)),
        pay(place_order(ada.user, tea), method="bank_transfer"),
    )
    submit(admin_browser, admin_browser.get(f"{PAYMENTS}{paid.pk}/refund/"), amount="1.00")
    page = choose(admin_browser, PAYMENTS, "refund", paid, waiting)
    text = " ".join(re.sub("<[^>]+>", " ", page.content.decode()).split())
    assert "1 payment will be refunded" in text
    assert "Total 3.50 USD" in text
    assert f"{waiting} A payment that is pending has no money to refund." in text
    assert Refund.objects.count() == 1
    submit(admin_browser, page)
    assert [str(refund.amount) for refund in Refund.objects.order_by("pk")] == ["1.00", "3.50"]


def test_a_row_that_changed_after_the_confirmation_was_shown_is_named(admin_browser, ada, tea):
    order = place_order(ada.user, tea)
    page = choose(admin_browser, ORDERS, "ship", order)
    assert form_of(page).get("_selected_action") is None
    choose(admin_browser, ORDERS, "confirm", order, post="yes")
    page = choose(admin_browser, ORDERS, "ship", order)
    choose(admin_browser, ORDERS, "cancel", order, post="yes")
    assert messages_of(submit(admin_browser, page)) == [
        f"{order}: An order that is cancelled cannot become shipped."
    ]


def test_the_pages_have_the_script_that_switches_buttons_off(admin_browser, tea):
    for path in (f"{PRODUCTS}add/", f"{PRODUCTS}{tea.pk}/adjust/", f"{PRODUCTS}{tea.pk}/delete/"):
        page = admin_browser.get(path).content.decode()
        assert re.search(r'<script src="/static/shop/forms[^"]*\.js" defer></script>', page)
