"""Sales: prices that a schedule lowers, and what they were before."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts.factories import UserFactory
from cart.factories import fill_cart
from catalog import revision
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory
from catalog.models import PriceChange, Sale
from catalog.prices.current import Price, Reduction, price_of
from orders.models import Order
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller

LIST, SALES, ORDERS = "/api/products/", "/api/sales/", "/api/orders/"
NEW = {"name": "Winter", "kind": "percent", "value": "20"}
PRICE = ("price", "compare_at_price", "lowest_price_30_days")


def hours(number):
    return timedelta(hours=number)


def in_hours(number):
    return datetime.now(UTC) + hours(number)


def price(caller, product):
    page = caller.get(f"{LIST}{product.pk}/").json()
    return tuple(page[name] for name in PRICE)


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def backdate(**models):
    """Let everything have happened so much earlier."""
    span = timedelta(**models)
    Sale.objects.update(starts_at=F("starts_at") - span)
    PriceChange.objects.update(created_at=F("created_at") - span)
    revision.clear_caches()


def test_a_sale_lowers_prices_in_lists_pages_carts_and_orders(ada, anyone, tea):
    fill_cart(ada.user, tea, quantity=2)
    SaleFactory(product_ids=[tea.pk])
    assert price(anyone, tea) == ("3.60", "4.50", "4.50")
    entry = anyone.get(LIST).json()["products"][0]
    assert (entry["price"], entry["compare_at_price"]) == ("3.60", "4.50")
    cart = ada.get("/api/cart/").json()
    assert (cart["cart_items"][0]["unit_price"], cart["total"]) == ("3.60", "7.20")
    body = {"cart_id": cart["cart_id"], "expected_total": "7.20"}
    assert ada.post(ORDERS, body).json()["total"] == "7.20"
    assert_audit_passes()


def test_a_sale_that_begins_between_cart_and_order_is_told(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    SaleFactory(product_ids=[tea.pk])
    answer = ada.post(ORDERS, {"cart_id": cart_id, "expected_total": "4.50"})
    assert refusal(answer) == (409, "total_changed")
    assert not Order.objects.exists()


def test_a_sale_of_a_category_is_of_all_below_it(anyone, db):
    kitchen = CategoryFactory()
    pots = CategoryFactory(parent_id=kitchen.pk)
    within, beside = ProductFactory(category_id=pots.pk), ProductFactory()
    SaleFactory(category_ids=[kitchen.pk])
    assert price(anyone, within)[0] == "8.00"
    assert price(anyone, beside)[0] == "10.00"


def test_a_sale_of_a_product_is_of_its_variants(anyone, ada, shirt):
    SaleFactory(product_ids=[shirt.pk])
    page = anyone.get(f"{LIST}{shirt.pk}/").json()
    assert page["price"] == "14.40"
    assert [v["price"] for v in page["variants"]] == ["16.00", "16.00", "14.40"]
    fill_cart(ada.user, shirt.variants.earliest("pk"))
    assert ada.get("/api/cart/").json()["total"] == "16.00"


def test_of_several_sales_the_lowest_price_holds(anyone, tea):
    SaleFactory(product_ids=[tea.pk])
    SaleFactory(product_ids=[tea.pk], kind="fixed", value=Decimal("1.00"))
    assert price(anyone, tea)[0] == "3.50"


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("percent", "33.33", "3.00"),
        ("percent", "100", "0.00"),
        ("fixed", "4.49", "0.01"),
        ("fixed", "9.00", "0.00"),
    ],
)
def test_prices_are_rounded_to_the_cent_and_never_negative(anyone, tea, kind, value, wanted):
    SaleFactory(product_ids=[tea.pk], kind=kind, value=Decimal(value))
    assert price(anyone, tea)[0] == wanted


def test_a_free_product_is_ordered(ada, tea):
    SaleFactory(product_ids=[tea.pk], value=Decimal(100))
    cart_id = fill_cart(ada.user, tea)
    assert ada.post(ORDERS, {"cart_id": cart_id}).json()["total"] == "0.00"
    assert_audit_passes()


def test_a_sale_to_come_and_one_that_was_lower_nothing(anyone, amy, tea):
    SaleFactory(product_ids=[tea.pk], starts_at=in_hours(1))
    over = SaleFactory(product_ids=[tea.pk])
    assert price(anyone, tea)[0] == "3.60"
    assert amy.delete(f"{SALES}{over.pk}/").status_code == 204
    assert price(anyone, tea) == ("4.50", None, None)


def test_the_lowest_price_of_thirty_days_before_is_shown(anyone, amy, tea):
    backdate(days=20)
    amy.patch(f"{LIST}{tea.pk}/", {"price": "4.00"})
    amy.patch(f"{LIST}{tea.pk}/", {"price": "5.00"})
    SaleFactory(product_ids=[tea.pk])
    assert price(anyone, tea) == ("4.00", "5.00", "4.00")


def test_an_earlier_sale_counts_as_a_price(anyone, tea):
    first = SaleFactory(product_ids=[tea.pk], value=Decimal(50))
    backdate(days=10)
    Sale.objects.filter(pk=first.pk).update(ends_at=in_hours(-24))
    SaleFactory(product_ids=[tea.pk])
    assert price(anyone, tea) == ("3.60", "4.50", "2.25")


def test_staff_show_what_a_price_is_reduced_from(anyone, amy, tea):
    backdate(days=5)
    amy.patch(f"{LIST}{tea.pk}/", {"price": "4.00", "compare_at_price": "6.00"})
    assert price(anyone, tea) == ("4.00", "6.00", "4.50")
    amy.patch(f"{LIST}{tea.pk}/", {"compare_at_price": None})
    assert price(anyone, tea) == ("4.00", None, None)


def _reduction(value, starts, ends=None, *, active=True):
    return Reduction("percent", Decimal(value), NOON + starts, ends and NOON + ends, active)


NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "lowest"),
    [
        ([(NOON - 40 * DAY, "10.00")], "10.00"),
        ([(NOON - 1 * DAY, "10.00"), (NOON - 40 * DAY, "7.00")], "7.00"),
        ([(NOON - 31 * DAY, "10.00"), (NOON - 40 * DAY, "7.00")], "10.00"),
        ([(NOON + DAY, "7.00"), (NOON - DAY, "10.00")], "10.00"),
        ([(NOON, "10.00")], None),
        ([], None),
    ],
)
def test_what_was_asked_in_thirty_days(changes, lowest):
    had = [(at, Decimal(amount)) for at, amount in changes]
    reductions = [_reduction(10, 0 * DAY)]
    assert price_of(Decimal("10.00"), None, reductions, had) == Price(
        Decimal("9.00"), Decimal("10.00"), lowest and Decimal(lowest)
    )


def test_a_kept_answer_ends_with_the_schedule(anyone, tea, the_clock):
    begins, ends = the_clock.now() + hours(1), the_clock.now() + hours(3)
    SaleFactory(product_ids=[tea.pk], starts_at=begins, ends_at=ends)
    path = f"{LIST}{tea.pk}/"
    before = anyone.get(path)
    with query_budget(1):
        assert anyone.get(path).content == before.content
    the_clock.advance(hours=2)
    during = anyone.get(path)
    assert (before.json()["price"], during.json()["price"]) == ("4.50", "3.60")
    assert during["ETag"] != before["ETag"]
    stale = anyone.get(path, headers={"If-None-Match": before["ETag"]})
    assert stale.status_code == 200
    with query_budget(1):
        assert anyone.get(path).content == during.content
    the_clock.advance(hours=2)
    assert price(anyone, tea) == ("4.50", None, None)


def test_a_cart_and_an_order_follow_the_clock(ada, tea, the_clock):
    SaleFactory(product_ids=[tea.pk], starts_at=the_clock.now() + hours(1))
    cart_id = fill_cart(ada.user, tea)
    assert ada.get("/api/cart/").json()["total"] == "4.50"
    the_clock.advance(hours=2)
    assert ada.get("/api/cart/").json()["total"] == "3.60"
    assert ada.post(ORDERS, {"cart_id": cart_id}).json()["total"] == "3.60"


def test_a_product_appears_when_its_time_comes(anyone, ada, amy, the_clock):
    time = (the_clock.now() + hours(1)).isoformat()
    made = amy.post(LIST, {"name": "New", "price": "1", "stock": 1, "publish_at": time}).json()
    path = f"{LIST}{made['id']}/"
    add = {"product_id": made["id"], "quantity": 1}
    assert anyone.get(path).status_code == 404
    assert anyone.get(LIST).json()["count"] == 0
    assert ada.post("/api/cart/add/", add).status_code == 404
    the_clock.advance(hours=2)
    assert anyone.get(path).status_code == 200
    assert anyone.get(LIST).json()["count"] == 1
    assert ada.post("/api/cart/add/", add).status_code == 200


def test_sales_cost_a_cart_and_an_order_one_statement_more(ada, tea):
    cart_id = fill_cart(ada.user, tea, ProductFactory())
    with query_budget(1 + 1):
        ada.get("/api/cart/")
    SaleFactory(product_ids=[tea.pk])
    with query_budget(1 + 2):
        ada.get("/api/cart/")
    placing = 9 if connection.vendor == "postgresql" else 8
    with query_budget(1 + placing + 1):
        assert ada.post(ORDERS, {"cart_id": cart_id}).status_code == 201


def test_staff_manage_sales(amy, tea):
    kitchen = CategoryFactory()
    scope = {"product_ids": [tea.pk], "category_ids": [kitchen.pk]}
    times = {"starts_at": "2099-01-02T08:00:00Z", "ends_at": "2099-01-31T08:00:00Z"}
    answer = amy.post(SALES, NEW | scope | times)
    sale = Sale.objects.get()
    wanted = {"id": sale.pk, **NEW, "value": "20.00", **times, **scope}
    assert (answer.status_code, answer["Location"]) == (201, f"{SALES}{sale.pk}/")
    assert answer.json() == wanted
    assert amy.get(SALES).json()["sales"] == [wanted]
    changed = amy.patch(f"{SALES}{sale.pk}/", {"value": "30", "product_ids": []})
    assert changed.json() == wanted | {"value": "30.00", "product_ids": []}
    assert amy.delete(f"{SALES}{sale.pk}/").status_code == 204
    assert refusal(amy.get(f"{SALES}{sale.pk}/")) == (404, "sale_not_found")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"value": "101"}, (400, "invalid")),
        ({"value": "0"}, (400, "invalid")),
        ({"value": 20}, (400, "invalid")),
        ({"kind": "half"}, (400, "invalid")),
        ({"name": ""}, (400, "invalid")),
        ({"starts_at": "2020-01-01T00:00:00Z"}, (400, "invalid")),
        ({"ends_at": "2020-01-01T00:00:00Z"}, (400, "invalid")),
        (
            {"starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"},
            (400, "invalid"),
        ),
        ({"starts_at": "tomorrow"}, (400, "invalid")),
        ({"product_ids": [999]}, (404, "product_not_found")),
        ({"product_ids": ["1"]}, (400, "invalid")),
        ({"category_ids": [999]}, (404, "category_not_found")),
    ],
)
def test_a_sale_that_cannot_be_is_refused(amy, change, refused):
    assert refusal(amy.post(SALES, NEW | change)) == refused
    assert not Sale.objects.exists()


def test_a_variant_is_on_sale_with_its_product_alone(amy, shirt):
    small = shirt.variants.earliest("pk")
    assert refusal(amy.post(SALES, NEW | {"product_ids": [small.pk]})) == (404, "product_not_found")
    assert not Sale.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"value": "50"},
        {"kind": "fixed"},
        {"product_ids": []},
        {"starts_at": "2099-01-01T00:00:00Z"},
        {"ends_at": "2020-01-01T00:00:00Z"},
    ],
)
def test_what_a_sale_did_is_history(amy, anyone, tea, change):
    sale = SaleFactory(product_ids=[tea.pk])
    assert refusal(amy.patch(f"{SALES}{sale.pk}/", change)) == (409, "sale_begun")
    assert price(anyone, tea)[0] == "3.60"


def test_a_sale_that_has_begun_gets_another_name_and_end(amy, anyone, tea):
    sale = SaleFactory(product_ids=[tea.pk])
    change = {"name": "Longer", "ends_at": "2099-01-01T00:00:00Z"}
    assert amy.patch(f"{SALES}{sale.pk}/", change).status_code == 200
    assert amy.delete(f"{SALES}{sale.pk}/").status_code == 204
    assert Sale.objects.get().name == "Longer"
    assert refusal(amy.delete(f"{SALES}{sale.pk}/")) == (409, "sale_begun")
    assert refusal(amy.patch(f"{SALES}{sale.pk}/", {"ends_at": None})) == (409, "sale_begun")
    assert price(anyone, tea)[0] == "4.50"


@pytest.mark.parametrize(
    ("permissions", "wanted"),
    [
        ([], (403, 403, 403, 403)),
        (["view_sale"], (200, 403, 403, 403)),
        (["add_sale"], (403, 201, 403, 403)),
        (["change_sale"], (403, 403, 200, 403)),
        (["delete_sale"], (403, 403, 403, 204)),
    ],
)
def test_staff_manage_by_their_permissions(db, permissions, wanted):
    sale = SaleFactory()
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    caller, path = Caller(clerk), f"{SALES}{sale.pk}/"
    answers = (
        caller.get(path),
        caller.post(SALES, NEW),
        caller.patch(path, {"name": "x"}),
        caller.delete(path),
    )
    assert tuple(answer.status_code for answer in answers) == wanted


@pytest.mark.parametrize(("caller", "status"), [("anyone", 401), ("ada", 403)])
def test_customers_see_prices_and_no_sales(request, caller, status, tea):
    assert request.getfixturevalue(caller).get(SALES).status_code == status


@pytest.mark.parametrize(
    "change", ["value = 0", "value = 101", "kind = 'half'", "ends_at = starts_at"]
)
def test_the_database_refuses_a_sale_that_cannot_be(db, change):
    SaleFactory()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE catalog_sale SET {change}")
