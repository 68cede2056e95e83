"""The formats of tables. The columns of a file decide which one it has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalog.exchange.imports import (
    magento,
    magento_columns,
    shop,
    shopify,
    shopify_columns,
    shopify_inventory,
    woocommerce,
    woocommerce_columns,
)
from catalog.exchange.imports.decimals import Numbers
from catalog.exchange.imports.read_as import MAGENTO, SHOPIFY, WOOCOMMERCE, ReadAs, read_as
from catalog.exchange.imports.reading import Choices, Reading
from catalog.exchange.imports.rows import Rows
from catalog.exchange.imports.tables import Table

Header = Sequence[str]


@dataclass(frozen=True, slots=True)
class Reader:
    """A format: its columns, those with numbers, and the function that converts a table to rows.

    ``matches`` decides whether a table with this header has the format.
    """

    title: str
    matches: Callable[[Header], bool]
    read_as: ReadAs
    numbers: Callable[[Header, Choices], Numbers]
    read: Callable[[Table, Reading, Choices], Rows]


READERS = {
    "shopify-inventory": Reader(
        "Shopify's inventory",
        shopify_inventory.is_inventory,
        shopify_inventory.read_as,
        shopify_inventory.numbers,
        shopify_inventory.read_inventory,
    ),
    "shopify": Reader(
        "Shopify's products",
        shopify.is_shopify,
        read_as(shopify_columns.canonical, SHOPIFY),
        shopify.numbers,
        shopify.read_shopify,
    ),
    "woocommerce": Reader(
        "WooCommerce",
        woocommerce.is_woocommerce,
        read_as(woocommerce_columns.canonical, WOOCOMMERCE),
        woocommerce.numbers,
        woocommerce.read_woocommerce,
    ),
    "magento": Reader(
        "Magento 2",
        magento.is_magento,
        read_as(magento_columns.canonical, MAGENTO),
        magento.numbers,
        magento.read_magento,
    ),
    "shop": Reader("a table", lambda _: True, shop.columns_of, shop.numbers, shop.read_shop),
}
"""The formats by the names that options have. The first one that matches is used."""


def detect_format(header: Header, choices: Choices) -> str:
    """Return the format of a table. Columns are only chosen for a table of any form."""
    if choices.columns:
        return "shop"
    return next(name for name, reader in READERS.items() if reader.matches(header))
