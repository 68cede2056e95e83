"""Quantities in one spelling: 500 ml, 500ml and 0,5 l are the same."""

import re
from collections.abc import Iterator
from decimal import Decimal

# The unit that a quantity is stored in, with a number of them in each unit.
_UNITS: dict[str, dict[str, int | str]] = {
    "ml": {"ml": 1, "milliliter": 1, "cl": 10, "dl": 100, "l": 1000, "liter": 1000, "litre": 1000,
           "liters": 1000, "litres": 1000},
    "g": {"mg": "0.001", "g": 1, "gr": 1, "gramm": 1, "gram": 1, "grams": 1, "kg": 1000,
          "kilo": 1000, "kilogramm": 1000},
    "mm": {"mm": 1, "cm": 10, "m": 1000, "meter": 1000, "metre": 1000},
    "inch": {"inch": 1, "inches": 1, "zoll": 1, '"': 1, "″": 1, "”": 1},
    "gb": {"mb": "0.001", "gb": 1, "tb": 1000},
    "w": {"w": 1, "watt": 1, "watts": 1, "kw": 1000},
    "v": {"v": 1, "volt": 1, "volts": 1},
    "mah": {"mah": 1, "ah": 1000},
    "hz": {"hz": 1, "khz": 1000, "mhz": 1_000_000, "ghz": 1_000_000_000},
    "oz": {"oz": 1, "ounce": 1, "ounces": 1},
    "lb": {"lb": 1, "lbs": 1, "pound": 1, "pounds": 1},
}  # fmt: skip
_BASES = {
    unit: (base, Decimal(factor))
    for base, units in _UNITS.items()
    for unit, factor in units.items()
}
_SIGNS = "".join(unit for unit in _BASES if not unit.isalpha())
_NAMES = "|".join(sorted((unit for unit in _BASES if unit.isalpha()), key=len, reverse=True))
QUANTITY = re.compile(
    rf"(?<![\w.,])([0-9]{{1,9}}(?:[.,][0-9]{{1,4}})?)\s?(?:({_NAMES})(?!\w)|([{_SIGNS}]))", re.ASCII
)


def quantities(folded: str) -> Iterator[str]:
    """Yield the word of each quantity in a folded text."""
    for found in QUANTITY.finditer(folded):
        yield quantity_word(found)


def quantity_word(found: re.Match[str]) -> str:
    """Return the word of a quantity that ``QUANTITY`` has found, such as ``500qml``."""
    base, factor = _BASES[found[2] or found[3]]
    number = Decimal(found[1].replace(",", ".")) * factor
    return f"{number.normalize():f}q{base}".replace(".", "p")
