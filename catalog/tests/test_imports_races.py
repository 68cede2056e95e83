"""Imports with concurrent writes."""

from threading import Event

import pytest
from django.db import connection, transaction

from accounts.factories import UserFactory
from cart.factories import fill_cart
from cart.guests import Buyer
from catalog.factories import ProductFactory
from catalog.models import Category, Collection, Product, StockMovement
from catalog.services import adjust_stock, create_product
from catalog.tests.exchange import errors_of, everything, import_content
from orders.services import place_order
from shop.core.errors import ShopError
from shop.testing.assertions import assert_audit_passes
from shop.testing.races import at_once, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def test_stock_is_computed_while_the_product_is_locked(amy, tea):
    begun = Event()

    def sell():
        with transaction.atomic():
            adjust_stock(product_id=tea.pk, delta=-4, reason="Sold", actor=amy.user)
            begun.set()
            until_blocked(1)

    def count():
        begun.wait(60)
        import_content("slug,stock\ntea,25\n")

    at_once(sell, count)
    tea.refresh_from_db()
    assert tea.stock == 25
    deltas = StockMovement.objects.filter(product=tea).order_by("pk")
    assert list(deltas.values_list("delta", flat=True)) == [10, -4, 19]
    assert_audit_passes()


def test_orders_and_imports_do_not_deadlock():
    products = ProductFactory.create_batch(12, stock=50)
    rows = [f"{product.slug},{n % 7 + 20},{n + 1}.00" for n, product in enumerate(products)]
    table = "slug,stock,price\n" + "\n".join(reversed(rows))
    buyers = UserFactory.create_batch(3)

    def buy(user):
        def run():
            done = 0
            for _ in range(4):
                try:
                    place_order(buyer=Buyer(user), cart_id=fill_cart(user, *products))
                    done += 1
                except ShopError:
                    continue
            return done

        return run

    def move():
        counts = [import_content(table, batch=5)[0] for _ in range(4)]
        return sum(count[3] for count in counts)

    *orders, refused = at_once(*(buy(user) for user in buyers), move)
    assert refused == 0
    assert sum(orders) > 0
    assert not Product.objects.filter(stock__lt=0).exists()
    assert_audit_passes()


def test_two_concurrent_imports_create_each_product_once():
    rows = "".join(f"thing-{n},Thing {n},1.00,S-{n},5,Store\n" for n in range(40))
    table = "slug,name,price,sku,stock,category\n" + rows

    def move():
        return import_content(table, batch=10)

    (first, first_told), (second, second_told) = at_once(move, move)
    assert Product.objects.count() == 40
    assert StockMovement.objects.count() == 40
    assert first[0] + second[0] == 40
    assert errors_of(first_told) + errors_of(second_told) == []
    assert first[3] + second[3] == 0
    before = everything()
    assert import_content(table)[0] == (0, 0, 40, 0)
    assert everything() == before
    assert_audit_passes()


def test_two_concurrent_imports_of_names_create_each_product_and_category_once():
    signs = "+#!?*&%$"
    rows = "".join(f"Tea {sign},1.00,5,C{sign}\n" for sign in signs)
    table = f"name,price,stock,category\n{rows}"

    def move():
        return import_content(table, batch=3)

    (first, first_told), (second, second_told) = at_once(move, move)
    assert errors_of(first_told) + errors_of(second_told) == []
    assert first[0] + second[0] == len(signs)
    names = [f"Tea {sign}" for sign in sorted(signs)]
    assert sorted(Product.objects.values_list("name", flat=True)) == names
    categories = Category.objects.values_list("name", flat=True)
    assert sorted(categories) == [f"C{sign}" for sign in sorted(signs)]
    before = everything()
    assert import_content(table)[0] == (0, 0, len(signs), 0)
    assert everything() == before
    assert_audit_passes()


def import_twice(table, number):
    """Import a table, and once more after a certain statement outside transactions, if it comes.

    Return the errors and the number of products that each created.
    """
    statements, created = [], []

    def import_once(execute, sql, params, many, context):
        rows = execute(sql, params, many, context)
        if sql.startswith("SELECT") and not connection.in_atomic_block:
            statements.append(sql)
            if len(statements) == number:
                created.append(import_content(table)[0][0])
        return rows

    with connection.execute_wrapper(import_once):
        counts, results = import_content(table)
    return errors_of(results), [*created, counts[0]]


TABLES = {
    "names": ("name,price\nTea{n} !,1.00\nTea{n} #,1.00\nTea{n} +,1.00\n", 3),
    "skus": ("sku,name,price\nS{n}-1,Tea{n} !,1.00\nS{n}-2,Tea{n} #,1.00\n", 2),
    "categories and collections": (
        (
            "name,price,category,collections\nTea{n},1.00,Hot{n} +,New{n} +\n"
            "Pot{n},1.00,Hot{n} #,New{n} #\n"
        ),
        2,
    ),
    "definitions": (
        (
            "row,slug,name,kind,attribute:size{n},tax_class,category,price\n"
            "tax_class,low{n},Low{n},,,,,\ncategory,hot{n},Hot{n},,,,,\n"
            "collection,new{n},New{n},,,,,\nattribute,size{n},Size{n},number,,,,\n"
            "product,tea{n},Tea{n},,3,low{n},hot{n},1.00\n"
        ),
        5,
    ),
}


@pytest.mark.parametrize(("table", "count"), TABLES.values(), ids=list(TABLES))
def test_another_import_between_any_two_statements_creates_nothing_twice(table, count):
    for number in range(1, 100):
        errors, created = import_twice(table.format(n=number), number)
        assert (errors, sum(created)) == ([], count)
        if len(created) == 1:
            break
    assert number > 3
    for model in (Product, Category, Collection):
        names = list(model.objects.values_list("name", flat=True))
        assert len(names) == len({*names})
    assert_audit_passes()


def test_a_conflict_skips_one_product_and_not_its_batch(monkeypatch):
    from catalog.exchange.imports import run

    taken = []

    def write(plan_all, **more):
        """Take a SKU after the preliminary plan, before the batch is written."""
        if not taken:
            taken.append(create_product(name="Quick", price="1.00", sku="S-2"))
        return real(plan_all, **more)

    real = run.write
    monkeypatch.setattr(run, "write", write)
    rows = "".join(f"thing-{n},Thing {n},1.00,S-{n}\n" for n in range(5))
    counts, results = import_content("slug,name,price,sku\n" + rows)
    assert counts == (4, 0, 0, 1)
    assert errors_of(results) == ['line 4, sku: The existing product "Quick" has the SKU "S-2".']
    assert_audit_passes()
