"""The table of editable fields matches models, services, API, import and export."""

import pytest

from catalog.exchange.exports.entries import read_entries
from catalog.exchange.imports import values
from catalog.exchange.imports.shop import COLUMNS
from catalog.factories import ShirtFactory
from catalog.models import Product
from catalog.products import fields
from catalog.products.fields import FIELDS, Kind, Owner, members_of, names_of
from catalog.products.serializers.requests import NewVariantSerializer, ProductChangesSerializer
from catalog.products.writes import COLUMNS as WRITTEN

# The services accept these in addition to the columns of the table.
OTHERS = {"options", "tags", "attributes", "choice", "translations"}
OF_A_VARIANT = (Owner.SOLD, Owner.VARIANT, Owner.EACH)
# A file contains the slug of a category.
IN_FILES = {field.member for field in FIELDS.values() if field.name != "category_id"}


def test_the_services_accept_every_field():
    changes = fields.ProductChanges.__annotations__.keys()
    assert changes - OTHERS == FIELDS.keys()
    details = fields.ProductDetails.__annotations__.keys()
    assert details == changes - {"name", "price", "choice", "position"}
    variant = fields.NewVariant.__annotations__.keys()
    assert variant - {"choice", "stock"} == set(names_of(*OF_A_VARIANT))


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_field_matches_its_column(field):
    column = Product._meta.get_field(field.name)
    assert column.null == field.nullable
    if field.kind in {Kind.TEXT, Kind.LINE, Kind.SLUG} and column.max_length is not None:
        assert column.max_length == field.limit


def test_the_api_accepts_every_field():
    assert {field.member for field in FIELDS.values()} <= ProductChangesSerializer().fields.keys()
    assert set(members_of(*OF_A_VARIANT)) <= NewVariantSerializer().fields.keys()


def test_a_write_saves_every_field():
    assert FIELDS.keys() <= set(WRITTEN)


def test_import_and_export_have_every_field(db):
    read = {*values.PRODUCT, *values.SOLD, *values.VARIANT, *values.SLUG}
    assert read == IN_FILES
    assert set(COLUMNS) >= IN_FILES
    ShirtFactory()
    entry = next(entry for entry in read_entries() if entry["row"] == "product")
    assert entry.keys() >= IN_FILES - {"position"}
    assert entry["variants"][0].keys() >= set(members_of(*OF_A_VARIANT))
