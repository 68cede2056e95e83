"""The demo products without variants.

``variants`` contains the products with variants, and ``details`` the categories, brands, tags and
attributes.
"""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoVariant:
    """A variant of a product. ``values`` are its option values."""

    values: tuple[str, ...]
    price: str
    stock: int


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product to load. ``price`` is in the shop's currency.

    ``category`` is a slug. ``motif`` is the key of a function in ``images.MOTIFS``.
    """

    name: str
    price: str
    stock: int
    description: str
    category: str = ""
    motif: str = ""
    options: tuple[str, ...] = ()
    variants: tuple[DemoVariant, ...] = ()


def _read_products() -> tuple[DemoProduct, ...]:
    """Return the products of ``products.json``, which groups them by category and motif."""
    groups = json.loads(Path(__file__).with_name("products.json").read_text(encoding="utf-8"))
    return tuple(
        DemoProduct(**product, category=group["category"], motif=group["motif"])
        for group in groups
        for product in group["products"]
    )


PLAIN_PRODUCTS = _read_products()
