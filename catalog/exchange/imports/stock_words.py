"""Reads what other shops write instead of a number of units: words, and numbers with a sign."""

import re
from collections.abc import Iterator

from catalog.exchange.imports.rows import Cell, quote
from catalog.exchange.imports.texts import Corrected, InvalidValue
from shop.core.slugs import fold_name

AVAILABILITY = "availability"
"""A column that says in words whether a product can be bought."""

_IN_STOCK = frozenset(
    {"in stock", "instock", "available", "yes", "true", "ja", "wahr", "oui", "vrai", "si", "sí"}
    | {"auf lager", "vorrätig", "lagernd", "verfügbar", "lieferbar", "sofort lieferbar"}
    | {"en stock", "disponible", "disponibile", "in magazzino", "op voorraad", "beschikbaar"}
    | {"unlimited", "unbegrenzt", "low stock", "limited availability", "in store"}
)
_SOLD_OUT = frozenset(
    {"out of stock", "outofstock", "sold out", "soldout", "unavailable", "not available", "no"}
    | {"false", "nein", "falsch", "non", "faux", "falso", "nee", "discontinued", "none"}
    | {"nicht auf lager", "nicht vorrätig", "nicht verfügbar", "nicht lieferbar", "ausverkauft"}
    | {"rupture de stock", "en rupture", "en rupture de stock", "épuisé", "indisponible"}
    | {"agotado", "sin stock", "sin existencias", "no disponible", "esaurito", "non disponibile"}
    | {"niet op voorraad", "uitverkocht", "niet beschikbaar"}
)
_ORDERED = frozenset({"backorder", "on backorder", "onbackorder", "preorder", "pre order"})
_UNITS = (
    "pcs|pc|pieces|piece|units|unit|items|x|stk|stück|st|pièces|pièce|uds|piezas|pezzi|pz|stuks"
)
_COUNT = re.compile(
    rf"(?:more than|mehr als|plus de|[>≥]=?)?\s*([0-9]{{1,9}})\s*(?:\+|(?:{_UNITS})\.?)?",
    re.IGNORECASE,
)
_UNKNOWN = "The number of units is unknown, so the stock is not tracked."


def set_stock(cells: dict[str, Cell]) -> Iterator[tuple[str, str]]:
    """Replace a word by the columns that it stands for. Yield columns with warnings.

    A word in the column of the stock counts, and else that in the column of the availability.
    """
    availability = str(cells.pop(AVAILABILITY, ""))
    stock = str(cells.get("stock", ""))
    column, text = ("stock", stock) if stock.strip() else (AVAILABILITY, availability)
    if text.isdecimal() or not text.strip():
        return
    found = _state(text)
    if found is None:
        if column == AVAILABILITY:
            yield column, f"{quote(text)} is no known availability. It was left out."
        return
    cells.pop("stock", None)
    cells.update({name: cell for name, cell in found.items() if not cells.get(name)})
    if found.get("track_stock") == "false":
        yield column, _UNKNOWN


def _state(text: str) -> dict[str, Cell] | None:
    """Return the columns that a word stands for, or None if it is no such word."""
    word = fold_name(text.replace("_", " ").replace("-", " "))
    if word in _IN_STOCK:
        return {"track_stock": "false"}
    if word in _SOLD_OUT:
        return {"track_stock": "true", "backorder": "false", "stock": "0"}
    if word in _ORDERED:
        return {"track_stock": "true", "backorder": "true", "stock": "0"}
    return None


def count(value: str) -> Corrected:
    """Return the number in a text such as ">10" or "3 pcs". Raises InvalidValue."""
    found = _COUNT.fullmatch(value)
    if not found:
        raise InvalidValue(f"{quote(value)} is not a number of units.")
    return Corrected(int(found[1]), f"{quote(value)} was read as {int(found[1])}.")
