"""What the page of an import says that the columns of recognized formats are read as."""

import pytest

from catalog.exchange.imports import shopify_columns, woocommerce_columns
from catalog.exchange.imports.files import open_table, read
from catalog.exchange.imports.glance import glance
from catalog.exchange.imports.magento_columns import KNOWN
from catalog.exchange.imports.read_as import MAGENTO, SHOPIFY, WOOCOMMERCE
from catalog.exchange.imports.reading import Reading
from catalog.exchange.imports.shop import COLUMNS, TARGETS
from catalog.tests.exchange import REAL, source_of
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

WORDS = {"variants", "options", "attributes", "store view", "kind of product"}
WORDS |= {"the product of a variant"}


def fields_of(content):
    return {column.title: column.field for column in glance(source_of(content)).columns}


def is_known(name):
    return name in {*COLUMNS, *TARGETS, *WORDS} or "metadata." in name


@pytest.mark.parametrize(
    ("known", "read_as"),
    [
        (shopify_columns.KNOWN, SHOPIFY),
        (KNOWN, MAGENTO),
        (set(woocommerce_columns._NAMES), WOOCOMMERCE),
    ],
)
def test_each_column_of_a_format_is_read_as_something(known, read_as):
    assert read_as.keys() <= set(known)
    assert [name for name in known if not is_known(read_as.get(name, name))] == []


def test_columns_of_a_format_have_the_names_of_the_shop_and_others_none():
    header = "Handle,Title,Variant Price,Variant Taxable,Care (product.metafields.custom.care),Odd"
    assert fields_of(f"{header}\ntea,Tea,5,true,dry,x\n") == {
        "Handle": "slug",
        "Title": "name",
        "Variant Price": "price",
        "Variant Taxable": "tax_class",
        "Care (product.metafields.custom.care)": "metadata.custom.care",
        "Odd": "",
    }
    header = "ID,Type,SKU,Name,Regular price,Price,Attribute 1 name,Parent,Odd"
    assert fields_of(f"{header}\n1,simple,T,Tea,5,6,Size,,x\n") == {
        "ID": "the product of a variant",
        "Type": "kind of product",
        "SKU": "sku",
        "Name": "name",
        "Regular price": "price",
        "Price": "",
        "Attribute 1 name": "attributes",
        "Parent": "the product of a variant",
        "Odd": "",
    }
    header = "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Berlin"
    assert fields_of(f"{header}\ntea,Tea,Size,S,T,,,5\n") == {
        "Handle": "slug",
        "Title": "",
        "Option1 Name": "option1",
        "Option1 Value": "option1",
        "SKU": "sku",
        "HS Code": "",
        "COO": "",
        "Berlin": "stock",
    }


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not here")
@pytest.mark.parametrize(
    "name", ["shopify-apparel.csv", "woocommerce-sample.csv", "magento-luma.csv"]
)
def test_what_is_not_read_of_a_real_file_is_read_as_nothing(name):
    content, reading = (REAL / name).read_bytes(), Reading()
    fields = fields_of(content)
    list(read(source_of(content), reading))
    not_read = {title for title in reading.not_read.rows if title in fields}
    assert not_read
    assert not_read <= {title for title, field in fields.items() if not field}
    with open_table(source_of(content), Reading()) as table:
        assert list(fields) == table.header
