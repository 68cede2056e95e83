"""The names of models and fields in the German admin."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten, flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist
from django.core.management import call_command
from django.db.migrations.state import ModelState
from django.utils.translation import gettext, override

from catalog.factories import ProductFactory
from catalog.models import Product
from shop.names import OWN
from shop.testing.messages import read_catalog


def admins():
    for model_admin in admin.site._registry.values():
        yield model_admin
        yield from model_admin.inlines


def names_on_pages():
    """Yield the names, as they are in the code, of what the pages of the admin show."""
    for each in admins():
        model = getattr(each, "model", None)
        if model.__module__.partition(".")[0] not in OWN:
            continue
        yield from (model._meta.verbose_name, model._meta.verbose_name_plural)
        yield apps.get_app_config(model._meta.app_label).verbose_name
        shown = flatten([*getattr(each, "list_display", ()), *(each.fields or ())])
        for name in {*shown, *flatten_fieldsets(each.fieldsets or ())}:
            try:
                yield model._meta.get_field(name).verbose_name
            except (FieldDoesNotExist, AttributeError):
                continue


def test_names_on_the_pages_of_the_admin_are_german():
    with override(None):
        names = {str(name) for name in names_on_pages()}
    assert len(names) > 150
    german = {message.id for message in read_catalog("de")}
    with override("de"):
        english = {name for name in names if name not in german and gettext(name) == name}
    assert english == {"ID"}


def test_no_migration_has_the_translated_names(db):
    with override("de"):
        assert str(Product._meta.verbose_name) == "Produkt"
        assert str(Product._meta.verbose_name_plural) == "Produkte"
        assert str(Product._meta.get_field("price").verbose_name) == "Preis"
        assert "verbose_name" not in ModelState.from_model(Product).options
        call_command("makemigrations", "--check", "--dry-run", verbosity=0)
    assert Product._meta.verbose_name_raw == "product"
    assert str(Product._meta.get_field("price").verbose_name) == "price"


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ("Products", "Price:", "Catalog")),
        ("de", ("Produkte", "Preis:", "Katalog", "Vergleichspreis:")),
    ],
)
def test_the_page_of_a_product_is_in_the_language_of_the_admin(
    admin_client, settings, language, texts
):
    settings.ADMIN_LANGUAGE = language
    product = ProductFactory()
    page = admin_client.get(f"/admin/catalog/product/{product.pk}/change/").content.decode()
    assert [text for text in texts if text not in page] == []
