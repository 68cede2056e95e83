"""Compiled statements."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from cart.models import Cart, CartStatus
from catalog.models import MovementKind, Product, StockMovement
from shop.core.models import Event, RateCounter
from shop.engine import Insert, Select, Update, ValueByKey, columns_of, insert, insert_many
from shop.engine.statements import compiles

_EVENTS = Insert(Event, "kind", "object_type", "object_id", "data", "is_internal")

only_compiled = pytest.mark.skipif(not compiles(), reason="statements are compiled on PostgreSQL")


def _tuple(*columns):
    return columns


def test_a_select_returns_the_rows_of_each_value(django_assert_num_queries, tea):
    pot = Product.objects.create(name="Pot", price="2.00", stock=3)
    name_of = Select(_tuple, lambda pk: Product.objects.filter(pk=pk).values_list("name"))
    with django_assert_num_queries(3):
        assert [name_of.row(pk=pk) for pk in (tea.pk, pot.pk, 10**9)] == [
            (tea.name,),
            ("Pot",),
            None,
        ]


def test_an_update_counts_its_rows_and_computes_in_the_database(tea):
    take = Update(
        lambda pk, units: (
            Product.objects.filter(pk=pk, stock__gte=units),
            {"stock": F("stock") - units},
        )
    )
    assert [take.run(pk=tea.pk, units=units) for units in (7, 4, 3)] == [1, 0, 1]
    assert Product.objects.get(pk=tea.pk).stock == 0


@only_compiled
def test_a_value_that_the_statement_changes_is_refused_at_its_first_use(tea):
    contains = Select(
        _tuple, lambda text: Product.objects.filter(name__contains=text).values_list("pk")
    )
    with pytest.raises(ValueError, match="does not reach the statement unchanged"):
        contains.rows(text="e")


@only_compiled
def test_each_set_of_names_has_its_own_statement(tea):
    def build(pk, stock=None):
        rows = Product.objects.filter(pk=pk)
        return (rows if stock is None else rows.filter(stock=stock)).values_list("pk")

    rows = Select(_tuple, build)
    assert (rows.row(pk=tea.pk), rows.row(pk=tea.pk, stock=0)) == ((tea.pk,), None)


def test_an_inserted_row_has_the_values_of_the_database(ada):
    cart = Cart(user=ada.user)
    assert insert(cart)
    found = Cart.objects.get()
    assert (cart.pk, cart.created_at, cart._state.adding) == (found.pk, found.created_at, False)
    cart.status = CartStatus.ORDERED
    cart.save()
    assert Cart.objects.get().status == CartStatus.ORDERED


def test_an_existing_row_is_no_error_with_unless_exists(ada):
    assert insert(Cart(user=ada.user))
    with transaction.atomic():
        second = Cart(user=ada.user)
        assert not insert(second, unless_exists=True)
        assert Cart.objects.count() == 1
    assert second.pk is None
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Cart(user=ada.user))


def test_many_inserted_rows_have_the_values_of_the_database_in_their_order(db):
    given = {"price": "1.10", "metadata": {"a": "ü"}, "position": 4, "changed_in": 7}
    rows = [Product(name="A", slug="a", **given), Product(name="B", slug="b", price="2.00")]
    insert_many(rows, size=10)
    insert_many([Product(name=name, slug=name, price=3) for name in "cde"], size=2)
    assert list(Product.objects.filter(pk__in=[row.pk for row in rows]).order_by("name")) == rows
    for row in rows:
        stored = Product.objects.get(pk=row.pk)
        for field in Product._meta.concrete_fields:
            column = field.attname
            assert field.to_python(getattr(row, column)) == getattr(stored, column), column
        assert not row._state.adding
    assert (rows[0].changed_in, Product.objects.count()) == (7, 5)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many([Product(name="F", slug="f", price=1), Product(name="A", slug="a", price=1)])
    assert not Product.objects.filter(slug="f").exists()


@pytest.mark.parametrize("value", [{}, {"a": "ü"}, {"a": 10**30}, {"a": [1.5, None, {"b": True}]}])
def test_json_is_stored_as_the_orm_stores_it(ada, value):
    cart = Cart(user=ada.user, metadata=value)
    insert(cart)
    assert Cart.objects.get(pk=cart.pk).metadata == value
    _EVENTS.send_with_next([("a.b", "a", 1, value, False)])
    assert Event.objects.get().data == value


def test_a_given_primary_key_is_inserted(db):
    assert insert(RateCounter(key="k", attempts=2, ends_at=3))
    assert RateCounter.objects.values_list("key", "attempts", "ends_at").get() == ("k", 2, 3)


def test_columns_have_the_prefix(db):
    assert columns_of(RateCounter, "counter__") == (
        "counter__key",
        "counter__attempts",
        "counter__ends_at",
    )


_MOVEMENTS = Insert(StockMovement, "product_id", "kind", "delta", "reason", "actor_id")
_COUNTERS = Insert(RateCounter, "key", "attempts", "ends_at")


def _insert_several(product):
    _COUNTERS.send_with_next([("k", 2, 3)])
    _MOVEMENTS.send_with_next((product.pk, "sale", -n, f"100 % of {n}", None) for n in (1, 2))


def test_pending_rows_are_inserted_in_order(tea):
    _insert_several(tea)
    movements = StockMovement.objects.filter(kind=MovementKind.SALE).order_by("pk")
    assert list(movements.values_list("delta", "reason")) == [
        (-1, "100 % of 1"),
        (-2, "100 % of 2"),
    ]
    assert all(movement.created_at for movement in movements)
    assert RateCounter.objects.get().attempts == 2


def test_no_rows_need_no_statement(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        _COUNTERS.send_with_next([])


@only_compiled
def test_a_missing_column_is_an_error_at_the_first_use(tea):
    with pytest.raises(TypeError, match="nothing fills in reason"):
        Insert(StockMovement, "product_id", "kind", "delta").send_with_next([(tea.pk, "sale", -1)])


def test_one_invalid_row_fails_the_whole_insert(tea):
    with pytest.raises(IntegrityError), transaction.atomic():
        _insert_several(tea)
        _COUNTERS.send_with_next([("k", 1, 1)])
    assert not RateCounter.objects.exists()
    assert not StockMovement.objects.filter(kind=MovementKind.SALE).exists()


def test_a_list_of_any_length_is_one_statement(tea):
    named = Select(_tuple, lambda ids: Product.objects.filter(pk__in=ids).values_list("pk"))
    others = [Product.objects.create(name=name, price="1.00", stock=1).pk for name in "ab"]
    assert [named.rows(ids=[]), named.rows(ids=[tea.pk])] == [[], [(tea.pk,)]]
    assert sorted(named.rows(ids=[*others, tea.pk, 10**9])) == [
        (tea.pk,),
        *((pk,) for pk in others),
    ]
    if compiles():
        assert len(named._compiled) == 1
    by_name = Select(_tuple, lambda names: Product.objects.filter(name__in=names).values_list("pk"))
    assert by_name.rows(names=["a"]) == [(others[0],)]
    assert by_name.rows(names=["b", "a", "none's"]) == [(pk,) for pk in sorted(others)]


def test_each_row_is_updated_with_its_own_value(tea):
    pot = Product.objects.create(name="Pot", price="2.00", stock=3)
    take = Update(
        lambda ids, units: (
            Product.objects.filter(pk__in=ids),
            {"stock": F("stock") - ValueByKey("pk", keys=ids, values=units)},
        )
    )
    assert take.run(ids=[pot.pk, tea.pk], units=[1, 4]) == 2
    assert dict(Product.objects.values_list("pk", "stock")) == {tea.pk: 6, pot.pk: 2}
