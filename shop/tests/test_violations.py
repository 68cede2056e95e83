"""A violated constraint is a sentence: where the database reports it, and on forms of the admin."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.models import User
from catalog.attributes.services import create_attribute
from catalog.categories.services import create_category
from catalog.factories import ProductFactory
from catalog.models import Category, Product, ProductTag, Sale
from shop.core.constraints import Violation, violation_of
from shop.testing.pages import form_of, submit

TAKEN = "already exists, perhaps in another spelling."


def violation(change):
    """Return the violation that the database reports for a change."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        change()
    return violation_of(caught.value)


def update(row, **values):
    return lambda: type(row)._default_manager.filter(pk=row.pk).update(**values)


def sale(**values):
    dates = {"starts_at": timezone.now(), "ends_at": timezone.now() + timedelta(days=1)}
    return lambda: Sale.objects.create(
        **{"name": "S", "kind": "percent", "value": 5, **dates} | values
    )


def test_the_database_names_the_constraint(tea, shirt, ada):
    pot = ProductFactory(name="Pot", sku="POT", slug="pot")
    one, other = shirt.variants.all()[:2]
    tea.tags.create(tag="new")
    UserFactory(username="carol", email="carol@example.com")
    found = {
        "Only products on backorder can have negative stock.": update(tea, stock=-1),
        "The price must not be negative.": update(tea, price="-1.00"),
        "A product with variants cannot have stock of its own.": update(shirt, stock=1),
        "A sale can take off at most 100 percent.": sale(value=101),
        "A sale must end after it starts.": sale(ends_at=timezone.now() - timedelta(days=1)),
        "A username cannot contain @.": update(ada.user, username="a@b"),
    }
    for message, change in found.items():
        assert violation(change) == Violation(message)
    assert violation(update(tea, sku=pot.sku)) == Violation(
        "Another product has this SKU.", ("sku",)
    )
    assert violation(update(tea, slug=pot.slug)) == Violation(
        "Another product has this slug.", ("slug",)
    )
    assert violation(update(one, options=other.options)) == Violation(
        "The product already has a variant with these options.", ("parent", "options")
    )
    again = violation(lambda: ProductTag.objects.create(product=tea, tag="new"))
    assert set(again.fields) == {"product", "tag"}
    assert violation(update(ada.user, email_key="carol@example.com")) == Violation(
        f"A user with this e-mail address {TAKEN}", ("email_key",)
    )
    assert violation(lambda: Group.objects.bulk_create([Group(name="A"), Group(name="A")])) == (
        Violation("Group with this Name already exists.", ("name",))
    )


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_referred_to_and_was_deleted_is_reported_at_the_commit(tea):
    expected = Violation("A row that this form refers to has been deleted. Nothing was changed.")
    assert violation(update(tea, category_id=10**9)) == expected
    tea.refresh_from_db()
    assert tea.category_id is None


def test_an_error_that_is_no_rule_is_not_explained(tea):
    assert violation(update(tea, name=None)) is None


@pytest.fixture
def rows(db, tea, shirt, ada):
    ProductFactory(name="Pot", sku="POT", slug="pot")
    create_attribute(name="Material", slug="material", kind="text")
    drinks = create_category(name="Drinks", slug="drinks")
    create_category(name="Teas", slug="teas", parent_id=drinks.pk)
    Group.objects.create(name="Clerks")
    return {"tea": tea.pk, "drinks": drinks.pk, "ada": ada.user.pk, "teas": drinks.pk + 1}


NEW_SALE = {"name": "S", "kind": "percent", "value": "5"} | {
    "starts_at_0": "2090-01-01",
    "starts_at_1": "00:00",
}


@pytest.mark.parametrize(
    ("path", "form", "field"),
    [
        ("catalog/product/add/", {"name": "A", "price": "1", "stock": "-1"}, "stock"),
        ("catalog/product/add/", {"name": "A", "price": "-1", "stock": "0"}, "price"),
        (
            "catalog/product/add/",
            {"name": "A", "price": "1", "stock": "7", "option_names": "Size"},
            "stock",
        ),
        ("catalog/product/{tea}/change/", {"compare_at_price": "-1"}, "compare_at_price"),
        ("catalog/product/{tea}/change/", {"option_names": "Size"}, "option_names"),
        ("catalog/product/{tea}/change/", {"sku": "POT"}, "sku"),
        ("catalog/product/{tea}/change/", {"slug": "pot"}, "slug"),
        ("catalog/category/add/", {"name": "X", "slug": "drinks", "position": "0"}, "slug"),
        ("catalog/category/{drinks}/change/", {"parent": "{drinks}"}, "parent"),
        ("catalog/category/{drinks}/change/", {"parent": "{teas}"}, "parent"),
        ("catalog/attribute/add/", {"name": "X", "slug": "material", "kind": "text"}, "slug"),
        ("catalog/attribute/add/", {"name": "X", "slug": "x", "kind": "choice"}, "choices"),
        ("catalog/sale/add/", NEW_SALE | {"value": "101"}, "__all__"),
        ("catalog/sale/add/", NEW_SALE | {"value": "0"}, "__all__"),
        (
            "catalog/sale/add/",
            NEW_SALE | {"ends_at_0": "2089-01-01", "ends_at_1": "00:00"},
            "__all__",
        ),
        ("accounts/user/{ada}/change/", {"username": "AMY"}, "username"),
        ("accounts/user/{ada}/change/", {"username": "a@b"}, "username"),
        ("auth/group/add/", {"name": "Clerks"}, "name"),
    ],
)
def test_a_form_names_the_rule_and_keeps_the_input(admin_browser, rows, path, form, field):
    before = [list(model.objects.order_by("pk").values()) for model in (Product, Category, User)]
    form = {name: value.format(**rows) for name, value in form.items()}
    page = submit(admin_browser, admin_browser.get(f"/admin/{path.format(**rows)}"), **form)
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]
    shown = form_of(page)
    assert {name: shown[name][0] for name in form} == form
    after = [list(model.objects.order_by("pk").values()) for model in (Product, Category, User)]
    assert after == before
    assert Sale.objects.count() == 0


def test_a_rule_that_only_the_database_checks_is_named_on_the_form(admin_browser):
    """Another request takes the name after the form was validated."""

    def take_the_name(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "auth_group"') and not taken:
            taken.append(True)
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO auth_group (name) VALUES ('Clerks')")
        return execute(sql, params, many, context)

    taken = []
    page = admin_browser.get("/admin/auth/group/add/")
    with connection.execute_wrapper(take_the_name):
        page = submit(admin_browser, page, name="Clerks")
    assert page.context["adminform"].form.errors == {
        "name": ["Group with this Name already exists."]
    }
    assert form_of(page)["name"] == ["Clerks"]
    assert not Group.objects.filter(name="Clerks").exists()
