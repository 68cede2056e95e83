"""Staff see and do only what their permissions allow; every permission exists and can be given."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.factories import UserFactory, staff_with
from accounts.models import User
from cart.promotions.models import Promotion
from catalog.factories import CategoryFactory, ProductFactory
from catalog.models import ProductImage
from catalog.services import create_attribute
from orders.factories import place_order
from orders.services import confirm_order
from payments.factories import pay
from payments.models import Payment, PaymentStatus
from shop.core.viewsets import permissions_asked_for
from shop.testing.budget import count_statements
from shop.testing.fixtures import Caller
from shop.testing.pages import choose, form_of, messages_of

ROOT = Path(__file__).resolve().parent.parent.parent
groups_migration = import_module("shop.migrations.0001_staff_groups")
later_migrations = [
    import_module("shop.migrations.0002_permissions_of_drafts_and_withdrawals").add_permissions,
    import_module("shop.migrations.0003_staff_see_invoices").add_permission,
    import_module("shop.migrations.0004_permissions_of_returns").add_permissions,
    import_module("shop.migrations.0005_catalog_managers_see_changes").GRANT.add,
    import_module("shop.migrations.0006_permissions_of_disputes").add_permissions,
    import_module("shop.migrations.0007_catalog_managers_write_collections").GRANT.add,
    import_module("shop.migrations.0008_catalog_managers_maintain_synonyms").GRANT.add,
    import_module("shop.migrations.0009_catalog_managers_translate_options").GRANT.add,
    import_module("shop.migrations.0010_checkout_managers").create_group,
]


@pytest.fixture
def draft(db):
    return ProductFactory(name="Draft", is_published=False, stock=7)


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea)


@pytest.fixture
def payment(order):
    return pay(order, token="demo_action")


def bodies(caller, *paths):
    answers = [caller.get(path) for path in paths]
    found = [(answer.status_code, answer.json()) for answer in answers]
    for _, body in found:
        body.pop("cursor", None)  # contains the time
    return found


# -- is_staff alone ------------------------------------------------------------------------------


def test_staff_without_permissions_read_what_a_customer_reads(ada, bob, tea, draft, payment):
    hidden = CategoryFactory(is_published=False)
    create_attribute(name="Litres", slug="litres", kind="number")
    paths = [
        "/api/products/",
        f"/api/products/{tea.pk}/",
        f"/api/products/{draft.pk}/",
        "/api/products/?search=draft",
        "/api/products/changes/",
        f"/api/products/?category={hidden.pk}",
        "/api/categories/",
        f"/api/categories/{hidden.pk}/",
        "/api/attributes/",
        "/api/orders/",
        f"/api/orders/{payment.order_id}/",
        "/api/payments/",
        f"/api/payments/{payment.pk}/",
        f"/api/payments/{payment.pk}/refunds/",
        f"/api/users/{ada.user.pk}/",
        "/api/cart/",
    ]
    assert bodies(Caller(staff_with()), *paths) == bodies(bob, *paths)


def test_staff_without_permissions_read_their_own_rows(tea):
    sam = Caller(staff_with())
    order = place_order(sam.user, tea)
    confirm_order(order_id=order.pk, actor=staff_with())
    payment = pay(order)
    assert [row["order_id"] for row in sam.get("/api/orders/").json()["orders"]] == [order.pk]
    events = sam.get(f"/api/orders/{order.pk}/").json()["events"]
    assert [event["actor"] for event in events] == [sam.user.username, "staff", "shop"]
    rows = sam.get("/api/payments/").json()["payments"]
    assert [row["payment_id"] for row in rows] == [payment.pk]
    assert sam.get(f"/api/users/{sam.user.pk}/").json()["username"] == sam.user.username


@pytest.mark.parametrize(
    ("permission", "status"),
    [((), 404), (("orders.view_order",), 403), (("orders.change_order",), 200)],
)
def test_cancelling_the_order_of_a_buyer_needs_the_permission_to_change_orders(
    order, tea, permission, status
):
    answer = Caller(staff_with(*permission)).post(f"/api/orders/{order.pk}/cancel/")
    assert answer.status_code == status
    tea.refresh_from_db()
    order.refresh_from_db()
    done = status == 200
    assert (order.status, tea.stock) == (("cancelled", 10) if done else ("pending", 9))
    assert order.events.count() == (2 if done else 1)
    if status == 403:
        assert answer.json()["detail"] == (
            "This is not yours. Changing it needs the permission orders.change_order."
        )


@pytest.mark.parametrize("step", ["confirm", "cancel"])
@pytest.mark.parametrize(
    ("permission", "status"),
    [((), 404), (("payments.view_payment",), 403), (("payments.change_payment",), 200)],
)
def test_a_step_of_a_buyers_payment_needs_the_permission_to_change_payments(
    payment, step, permission, status
):
    answer = Caller(staff_with(*permission)).post(f"/api/payments/{payment.pk}/{step}/")
    assert answer.status_code == status
    outcome = {"confirm": "succeeded", "cancel": "cancelled"}[step]
    payment.refresh_from_db()
    assert payment.status == (outcome if status == 200 else "requires_action")


def test_staff_cancel_their_own_order_and_payment_without_permissions(tea):
    sam = Caller(staff_with("orders.view_order", "payments.view_payment"))
    order = place_order(sam.user, tea)
    payment = pay(order, token="demo_action")
    assert sam.post(f"/api/payments/{payment.pk}/cancel/").json()["status"] == "cancelled"
    assert sam.post(f"/api/orders/{order.pk}/cancel/").json()["status"] == "cancelled"


def test_a_superuser_who_is_not_staff_is_a_customer(order, draft):
    caller = Caller(UserFactory(is_superuser=True))
    assert caller.get(f"/api/orders/{order.pk}/").status_code == 404
    assert caller.get(f"/api/products/{draft.pk}/").status_code == 404
    assert caller.post(f"/api/orders/{order.pk}/cancel/").status_code == 404
    assert caller.post("/api/products/", {"name": "Tea", "price": "1.00"}).status_code == 403


def test_permissions_of_a_customer_allow_nothing(order, draft):
    user = staff_with("orders.change_order", "catalog.change_product", "payments.change_payment")
    user.is_staff = False
    user.save()
    caller = Caller(user)
    assert caller.post(f"/api/orders/{order.pk}/cancel/").status_code == 404
    assert caller.patch(f"/api/products/{draft.pk}/", {"name": "New"}).status_code == 403
    draft.refresh_from_db()
    assert draft.name == "Draft"


def test_deactivated_staff_are_signed_out_of_api_and_admin(order):
    user = staff_with("orders.change_order")
    caller, browser = Caller(user), Client()
    browser.force_login(user)
    assert browser.get("/admin/orders/order/").status_code == 200
    user.is_active = False
    user.save()
    assert caller.get(f"/api/orders/{order.pk}/").status_code == 401
    assert caller.post(f"/api/orders/{order.pk}/cancel/").status_code == 401
    assert browser.get("/admin/orders/order/").status_code == 302


# -- rows that belong to a row that may not be seen ----------------------------------------------


def test_the_images_of_a_draft_need_the_permission_to_see_it(draft, tea):
    names = ("add_productimage", "change_productimage", "delete_productimage")
    sam = Caller(staff_with(*(f"catalog.{name}" for name in names)))
    image = ProductImage.objects.create(product=draft, source_url="https://example.com/a.jpg")
    path = f"/api/products/{draft.pk}/images/"
    assert sam.post(path, {"image": "x"}, format="multipart").status_code == 404
    assert sam.patch(f"{path}{image.pk}/", {"alt": "New"}).status_code == 404
    assert sam.delete(f"{path}{image.pk}/").status_code == 404
    image.refresh_from_db()
    assert image.alt == ""
    # Of a published product, the file is read.
    answer = sam.post(f"/api/products/{tea.pk}/images/", {"image": "x"}, format="multipart")
    assert answer.status_code == 400


def test_the_movements_of_a_draft_need_the_permission_to_see_it(draft, tea):
    sam = Caller(staff_with("catalog.view_stockmovement"))
    assert sam.get(f"/api/products/{draft.pk}/stock/").status_code == 404
    assert sam.get(f"/api/products/{tea.pk}/stock/").json()["count"] == 1
    both = Caller(staff_with("catalog.view_stockmovement", "catalog.view_product"))
    assert both.get(f"/api/products/{draft.pk}/stock/").json()["count"] == 1


# -- when a permission is given or taken ---------------------------------------------------------


def test_a_permission_counts_from_the_next_request_on(order):
    user = staff_with("orders.view_order")
    caller, browser = Caller(user), Client()
    browser.force_login(user)
    path = f"/api/orders/{order.pk}/"
    assert (caller.get(path).status_code, browser.get("/admin/orders/order/").status_code) == (
        200,
        200,
    )
    user.user_permissions.clear()
    assert (caller.get(path).status_code, browser.get("/admin/orders/order/").status_code) == (
        404,
        403,
    )
    user.groups.add(Group.objects.get(name="support"))
    assert (caller.get(path).status_code, browser.get("/admin/orders/order/").status_code) == (
        200,
        200,
    )


def test_a_repeated_request_needs_the_permission_too(order, tea):
    user = staff_with("orders.change_order", "catalog.change_product")
    caller = Caller(user)
    requests = [
        (f"/api/orders/{order.pk}/cancel/", {}),
        (f"/api/products/{tea.pk}/stock/", {"delta": 1, "reason": "Found"}),
    ]
    headers = {"Idempotency-Key": "once"}
    for path, body in requests:
        assert caller.post(path, body, headers=headers).status_code == 200
        assert caller.post(path, body, headers=headers)["Idempotent-Replayed"] == "true"
    user.user_permissions.clear()
    answers = [caller.post(path, body, headers=headers) for path, body in requests]
    assert [answer.status_code for answer in answers] == [404, 403]


def test_only_superusers_log_other_staff_out(amy):
    sam, colleague, customer = (
        Caller(user) for user in (staff_with("accounts.change_user"), staff_with(), UserFactory())
    )
    path, action = "/admin/accounts/user/", "log_out_everywhere"
    rows = [caller.user for caller in (colleague, amy, customer)]
    browser = Client()
    browser.force_login(sam.user)
    page = choose(browser, path, action, *rows)
    assert page.content.decode().count("Only superusers change other members of staff.") == 2
    form = {"action": action, "post": "yes", "form_key": form_of(page)["form_key"]}
    done = browser.post(path, form | {"_selected_action": [row.pk for row in rows]}, follow=True)
    assert len(messages_of(done)) == 3
    answers = [caller.get("/api/cart/").status_code for caller in (colleague, amy, customer)]
    assert answers == [200, 200, 401]


def test_an_action_without_its_permission_is_a_403_that_changes_nothing(order):
    browser = Client()
    browser.force_login(staff_with("orders.view_order"))
    for action in ("cancel", "unknown"):
        form = {"action": action, "post": "yes", "_selected_action": [order.pk]}
        assert browser.post("/admin/orders/order/", form).status_code == 403
    order.refresh_from_db()
    assert order.status == "pending"


def test_what_staff_see_is_not_cached_for_others(anyone, ada, draft):
    sam = Caller(staff_with("catalog.view_product"))
    path = f"/api/products/{draft.pk}/"
    for _ in range(2):
        assert sam.get(path).json()["stock"] == 7
        assert sam.get(path)["Cache-Control"] == "no-store"
        assert [client.get(path).status_code for client in (anyone, ada)] == [404, 404]
    assert "stock" not in anyone.get("/api/products/").content.decode().replace("in_stock", "")


def test_the_permissions_of_buyers_are_not_read(ada, payment):
    # While a buyer has to act, the provider is asked.
    Payment.objects.update(status=PaymentStatus.PENDING)
    caller, sam = ada, Caller(staff_with("orders.view_order", "payments.view_payment"))
    paths = {f"/api/orders/{payment.order_id}/": 2, f"/api/payments/{payment.pk}/": 0}
    for path, of_customer in paths.items():
        buyers, staffs = (count_statements(lambda c=c, p=path: c.get(p)) for c in (caller, sam))
        # The permissions of the user and of the groups, and who placed the order.
        assert staffs == buyers + 2 + of_customer


# -- every permission can be given ---------------------------------------------------------------


def names_of(permissions):
    return {f"{row.content_type.app_label}.{row.codename}" for row in permissions}


def offered_by_the_form(model):
    page = admin.site._registry[model]
    name = "permissions" if model is Group else "user_permissions"
    field = page.formfield_for_manytomany(model._meta.get_field(name))
    return names_of(field.queryset)


def written_in_code():
    """The names of permissions in the code of the shop, without tests and migrations."""
    name = re.compile(
        r'"((?:core|accounts|catalog|cart|orders|payments)\.(?:view|add|change|delete)_\w+)"'
    )
    found = set()
    for path in ROOT.glob("[a-z]*/**/*.py"):
        if not {"tests", "testing", "migrations"} & set(path.relative_to(ROOT).parts):
            found |= set(name.findall(path.read_text()))
    return found


def test_every_permission_in_the_code_exists_and_can_be_given(db):
    asked = written_in_code() | permissions_asked_for()
    assert {"payments.add_refund", "orders.change_order", "catalog.view_stockmovement"} <= asked
    for model in set(admin.site._registry) - {Group}:
        app, name = model._meta.app_label, model._meta.model_name
        asked |= {f"{app}.{verb}_{name}" for verb in model._meta.default_permissions}
        asked |= {f"{app}.{codename}" for codename, _ in model._meta.permissions}
    assert asked - names_of(Permission.objects.select_related("content_type")) == set()
    assert offered_by_the_form(Group) == offered_by_the_form(User) == asked


def test_all_permissions_can_be_selected_in_one_form(admin_browser, settings):
    everything = Permission.objects.filter(
        pk__in=admin.site._registry[Group]
        .formfield_for_manytomany(Group._meta.get_field("permissions"))
        .queryset
    )
    ids = [permission.pk for permission in everything]
    assert len(ids) < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS - 20
    page = admin_browser.get("/admin/auth/group/add/")
    fields = {"name": "everything", "permissions": ids}
    answer = admin_browser.post("/admin/auth/group/add/", form_of(page) | fields)
    assert answer.status_code == 302
    assert names_of(Group.objects.get(name="everything").permissions.all()) == names_of(everything)


def test_staff_whose_group_may_refund_refund_in_api_and_admin(ada, tea, bob):
    accountant = staff_with(group="accountant")
    first, second = (pay(place_order(client.user, tea)) for client in (ada, bob))
    answer = Caller(accountant).post(f"/api/payments/{first.pk}/refunds/", {"amount": "4.50"})
    assert answer.status_code == 201
    browser = Client()
    browser.force_login(accountant)
    path = f"/admin/payments/payment/{second.pk}/refund/"
    page = browser.get(path)
    browser.post(path, form_of(page) | {"amount": "4.50", "reason": "Broken"})
    assert [p.status for p in Payment.objects.order_by("pk")] == ["refunded", "refunded"]


def test_checkout_managers_choose_the_products_of_a_promotion(client, draft):
    client.force_login(staff_with(group="checkout manager"))
    for field in ("products", "categories", "collections"):
        names = {"app_label": "cart", "model_name": "promotion", "field_name": field}
        assert client.get("/admin/autocomplete/", names).status_code == 200
    page = client.get("/admin/cart/promotion/add/")
    chosen = {"name": "Launch", "kind": "percent", "value": "10", "products": [draft.pk]}
    form = form_of(page) | chosen | {"scope": "selection"}
    assert client.post("/admin/cart/promotion/add/", form).status_code == 302
    assert list(Promotion.objects.get().products.all()) == [draft]


# -- the groups ----------------------------------------------------------------------------------

VERBS = ("add", "change", "delete", "view")
CATALOG = [
    f"catalog.{verb}_{model}"
    for model in (
        *("attribute", "category", "collection", "optiontranslation", "product"),
        *("productimage", "sale", "synonym"),
    )
    for verb in VERBS
]
GROUPS = {
    "accountant": {
        "accounts.view_user",
        "orders.view_order",
        "orders.view_return",
        "orders.view_withdrawal",
        *("payments.change_dispute", "payments.view_dispute"),
        "payments.add_refund",
        "payments.change_payment",
        "payments.view_invoice",
        "payments.view_payment",
    },
    "catalog manager": {*CATALOG, "catalog.view_productchange", "catalog.view_stockmovement"},
    "checkout manager": {
        *(f"cart.{verb}_promotion" for verb in VERBS),
        *(f"cart.{verb}_shippingmethod" for verb in VERBS),
        *(f"cart.{verb}_taxrate" for verb in VERBS),
        *(f"cart.{verb}_voucher" for verb in VERBS),
        *(f"catalog.{verb}_taxclass" for verb in VERBS),
        *("catalog.view_category", "catalog.view_collection", "catalog.view_product"),
        *(f"shop_mail.{verb}_mailtext" for verb in VERBS),
    },
    "order clerk": {
        "accounts.view_user",
        *("cart.add_draft", "cart.change_draft", "cart.delete_draft", "cart.view_draft"),
        *("orders.change_withdrawal", "orders.view_withdrawal"),
        *("orders.add_return", "orders.change_return", "orders.view_return"),
        "catalog.view_product",
        "catalog.view_stockmovement",
        *("payments.change_dispute", "payments.view_dispute"),
        "orders.change_order",
        "orders.view_order",
        "payments.view_invoice",
        "payments.view_payment",
    },
    "support": {
        "accounts.view_user",
        *("cart.add_draft", "cart.change_draft", "cart.delete_draft", "cart.view_draft"),
        *("orders.change_withdrawal", "orders.view_withdrawal"),
        *("orders.add_return", "orders.change_return", "orders.view_return"),
        "cart.view_cart",
        "payments.view_dispute",
        "catalog.view_product",
        "orders.change_order",
        "orders.view_order",
        "payments.view_invoice",
        "payments.view_payment",
    },
}


@pytest.fixture
def without_rows(db):
    """A database as it is while the migrations run: without groups, permissions and their types."""
    Group.objects.all().delete()
    Permission.objects.all().delete()
    ContentType.objects.all().delete()
    ContentType.objects.clear_cache()
    yield
    ContentType.objects.clear_cache()


def groups():
    return {group.name: names_of(group.permissions.all()) for group in Group.objects.all()}


def migrate_groups():
    for change in (groups_migration.create_groups, *later_migrations):
        change(apps, connection.schema_editor())


def test_a_new_database_has_the_five_groups(db):
    assert groups() == GROUPS


def test_the_migration_creates_the_permissions_that_it_needs(without_rows):
    migrate_groups()
    assert groups() == GROUPS
    created = set(Permission.objects.values_list("codename", "name"))
    call_command("migrate", verbosity=0)  # creates the others, and none twice
    every = Permission.objects.values_list("content_type", "codename")
    assert len(every) == len(set(every)) > len(created)
    assert created <= set(Permission.objects.values_list("codename", "name"))
    Permission.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert created <= set(Permission.objects.values_list("codename", "name"))  # Django's own names


def test_the_migration_keeps_what_the_owner_has_changed(db):
    support = Group.objects.get(name="support")
    support.permissions.set(Permission.objects.filter(codename="view_order"))
    Group.objects.get(name="order clerk").delete()
    migrate_groups()
    assert groups() == GROUPS | {"support": {"orders.view_order"}}


def test_reversing_the_migration_deletes_no_group(db):
    operation = groups_migration.Migration.operations[0]
    assert operation.reverse_code is operation.noop
