"""Quantities and dimensions in one spelling: 500 ml is 0,5 l, and M8*40 is M8 x 40."""

import re
from collections.abc import Iterator
from decimal import Decimal

from catalog.indexing.text import UNSPACED

# The unit that a quantity is stored in, with a number of them in each unit.
_UNITS: dict[str, dict[str, int | str]] = {
    "ml": {
        "ml milliliter milliliters millilitre millilitres мл 毫升 ミリリットル 밀리리터": 1,
        "cl": 10,
        "dl": 100,
        "l liter liters litre litres litro litros л 升 公升 リットル 리터": 1000,
    },
    "g": {
        "mcg μg": "0.000001",
        "mg": "0.001",
        "g gr gram grams gramm gramme grammes gramo gramos г гр γρ 克 グラム 그램": 1,
        "kg kilo kilos kilogram kilograms kilogramm кг 公斤 千克 キロ キログラム 킬로그램": 1000,
    },
    "mm": {
        "mm millimeter millimetre мм 毫米 ミリ 밀리": 1,
        "cm centimeter centimeters centimetre centimetres zentimeter см 厘米 公分 センチ 센티": 10,
        "m meter meters metre metres mètre mètres м 米 メートル 미터": 1000,
    },
    "inch": {'inch inches zoll pouce pouces pulgada pulgadas 寸 英寸 吋 インチ 인치 " ″ ”': 1},
    "gb": {"mb": "0.001", "gb гб": 1, "tb": 1000},
    "w": {"w watt watts вт ワット 瓦": 1, "kw": 1000},
    "v": {"v volt volts": 1},
    "mah": {"mah 毫安": 1, "ah": 1000},
    "hz": {"hz": 1, "khz": 1000, "mhz": 1_000_000, "ghz": 1_000_000_000},
    "oz": {"oz ounce ounces": 1},
    "lb": {"lb lbs pound pounds": 1},
    "lm": {"lm lumen lumens": 1},
    "iu": {"iu": 1},
}
_BASES = {
    unit: (base, Decimal(factor))
    for base, units in _UNITS.items()
    for names, factor in units.items()
    for unit in names.split()
}
UNIT_NAMES = frozenset(unit for unit in _BASES if unit.isalpha())
_SIGNS = "".join(unit for unit in _BASES if not unit.isalpha())
_NAMES = "|".join(sorted(UNIT_NAMES, key=len, reverse=True))
_LONG_NAMES = "|".join(
    sorted((name for name in UNIT_NAMES if len(name) > 1), key=len, reverse=True)
)
_BEFORE = "(?<![a-z0-9_.,])"
# A letter of a script without spaces may follow, as in 500毫升装.
_AFTER = rf"(?![^\W{UNSPACED}])"
_FRACTION = r"(?:([0-9]{1,3})[ -])?([0-9]{1,2})[/⁄](2|3|4|8|16|32|64)"
_NUMBER = r"[0-9]{1,9}(?:[.,][0-9]{1,4})?"
QUANTITY = re.compile(
    rf"{_BEFORE}(?:{_FRACTION}|({_NUMBER}))"
    rf"(?:(?:\s?({_NAMES})|-({_LONG_NAMES})){_AFTER}|\s?([{_SIGNS}]))"
)
_SIZE = r"[0-9]{1,5}(?:[.,][0-9]{1,3})?"
DIMENSIONS = re.compile(
    rf"{_BEFORE}(m?{_SIZE}(?:\s?[x×*]\s?{_SIZE}){{1,3}})"
    rf"(?:\s?(?:mm|cm|m|inch|zoll|[{_SIGNS}]))?{_AFTER}"
)
_TIMES = re.compile(r"\s?[x×*]\s?")
_SIZE_NUMBER = re.compile("m?[0-9]+")
_THOUSANDS = re.compile(r"([1-9][0-9]{0,2})[.,]([0-9]{3})")


def quantities(plain_text: str) -> Iterator[str]:
    """Yield the words of the quantities and dimensions in a text in lower case."""
    for found in QUANTITY.finditer(plain_text):
        yield from quantity_words(found)
    for found in DIMENSIONS.finditer(plain_text):
        yield dimensions_word(found)


def quantity_words(found: re.Match[str]) -> tuple[str, ...]:
    """Return the words of a quantity that ``QUANTITY`` has found, such as ``500qml``.

    There are two if a separator may be that of thousands or of decimals, as in 1,500 ml.
    """
    base, factor = _BASES[next(filter(None, found.groups()[4:]))]
    return tuple(f"{_spell(number * factor)}q{base}" for number in _numbers(found))


def dimensions_word(found: re.Match[str]) -> str:
    """Return the word of dimensions that ``DIMENSIONS`` has found, such as ``m8x40``."""
    return "x".join(map(_spell_size, _TIMES.split(found[1])))


def dimensions(found: re.Match[str]) -> list[str]:
    """Return the numbers that ``DIMENSIONS`` has found, such as ``m8`` and ``40``."""
    return _SIZE_NUMBER.findall(found[1])


def amount(found: re.Match[str]) -> list[str]:
    """Return the words of a quantity as they are written, such as ``05`` and ``l``."""
    numbers = [number.replace(",", "").replace(".", "") for number in found.groups()[:4] if number]
    return [*numbers, *(unit for unit in found.groups()[4:6] if unit)]


def _numbers(found: re.Match[str]) -> list[Decimal]:
    whole, numerator, denominator, number = found.groups()[:4]
    if number is None:
        return [round(int(whole or 0) + Decimal(numerator) / Decimal(denominator), 4)]
    numbers = [Decimal(number.replace(",", "."))]
    if thousands := _THOUSANDS.fullmatch(number):
        numbers.append(Decimal("".join(thousands.groups())))
    return numbers


def _spell_size(size: str) -> str:
    number = size.removeprefix("m")
    return size[: len(size) - len(number)] + _spell(Decimal(number.replace(",", ".")))


def _spell(number: Decimal) -> str:
    return f"{number.normalize():f}".replace(".", "p")
