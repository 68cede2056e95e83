"""Concurrent writes of translations."""

from collections import Counter
from functools import partial

import pytest

from catalog.factories import ProductFactory
from catalog.models import ProductTranslation
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/api/products/"


@pytest.fixture(autouse=True)
def languages(settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch"}


def write(caller, product, **texts):
    return caller.patch(f"{LIST}{product.pk}/", {"translations": {"de": texts}})


def test_writers_of_one_translation_write_one_row_with_the_texts_of_all(amy, tea):
    texts = {"name": "Tee", "seo_title": "Titel", "seo_description": "Text", "description": "Grün"}
    calls = [partial(write, amy, tea, **{name: text}) for name, text in texts.items()]
    assert statuses(at_once(*calls)) == {200: 4}
    row = ProductTranslation.objects.get()
    assert {name: getattr(row, name) for name in texts} == texts
    assert row.slug == "tee"
    assert_audit_passes()


def test_one_of_several_products_gets_a_slug(amy):
    products = ProductFactory.create_batch(4)
    calls = [partial(write, amy, product, slug="tee") for product in products]
    assert statuses(at_once(*calls)) == {200: 1, 409: 3}
    assert list(ProductTranslation.objects.values_list("slug", flat=True)) == ["tee"]


def test_a_slug_made_from_a_name_goes_around_one_that_was_just_taken(amy):
    products = ProductFactory.create_batch(4)
    calls = [partial(write, amy, product, name="Tee") for product in products]
    assert statuses(at_once(*calls)) == {200: 4}
    slugs = set(ProductTranslation.objects.values_list("slug", flat=True))
    assert "tee" in slugs
    assert len(slugs) == 4


def test_no_slug_is_that_of_one_product_and_of_another_in_a_language(amy):
    """No constraint compares the two tables: the writers do, after the lock of the revision."""
    products = ProductFactory.create_batch(4)
    calls = [partial(write, amy, product, slug="tee") for product in products[:2]]
    calls += [
        partial(amy.patch, f"{LIST}{product.pk}/", {"slug": "tee"}) for product in products[2:]
    ]
    assert Counter(statuses(at_once(*calls))) == {200: 1, 409: 3}
    assert_audit_passes()
