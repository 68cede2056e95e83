"""The rows that ``visible_to`` returns to each kind of user."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission

from catalog.factories import CategoryFactory, ProductFactory, SaleFactory
from catalog.models import Attribute, Category, Product, Sale, StockMovement
from catalog.services import create_attribute


@pytest.fixture
def rows(db):
    hidden = CategoryFactory(is_published=False)
    CategoryFactory(parent_id=hidden.pk)
    CategoryFactory()
    ProductFactory(stock=3)
    ProductFactory(is_published=False)
    SaleFactory()
    create_attribute(name="Litres", slug="litres", kind="number")


def counts(user):
    models = (Category, Product, Sale, StockMovement, Attribute)
    return [model.objects.visible_to(user).count() for model in models]


def staff(django_user_model, *codenames):
    user = django_user_model.objects.create_user("sam", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_the_public_sees_published_rows(rows):
    assert counts(AnonymousUser()) == [1, 1, 0, 0, 1]


def test_staff_without_permissions_see_published_rows(rows, django_user_model):
    assert counts(staff(django_user_model)) == [1, 1, 0, 0, 1]


def test_staff_see_the_rows_of_their_permissions(rows, django_user_model):
    names = ("view_category", "change_product", "add_sale", "view_stockmovement")
    assert counts(staff(django_user_model, *names)) == [3, 2, 1, 2, 1]


def test_permissions_of_a_customer_do_not_count(rows, django_user_model):
    user = staff(django_user_model, "view_category", "view_sale", "view_stockmovement")
    user.is_staff = False
    assert counts(user) == [1, 1, 0, 0, 1]
