"""The catalog of the search benchmark: products that queries look for, among generated ones.

The generated products are competitors: accessories for the phones that are searched for, products
of the same words, and names in English, German and Chinese characters. They are the same in each
run.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product as combinations
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent
_PHONES = (
    "iPhone 8",
    "iPhone 11",
    "iPhone 12",
    "iPhone 13",
    "iPhone 13 Pro",
    "iPhone SE",
    "Galaxy S8",
    "Galaxy S9",
    "Galaxy S10",
    "Galaxy A52",
    "Pixel 4",
    "Pixel 5",
    "Pixel 6a",
    "Moto G7",
    "Xperia 5",
)
_PARTS = (
    "Antenna",
    "Battery cover",
    "Camera lens",
    "Case",
    "Charging port",
    "Display",
    "Ear speaker",
    "Flip cover",
    "Holder",
    "SIM tray",
    "Tempered glass",
    "Vibration motor",
    "Leather sleeve",
)
_PART_BRANDS = ("Partware", "Handy & Co", "Glasur", "Docky")
_COLOURS = ("Red", "Blue", "Green", "Black", "White", "Sand", "Grey", "Amber", "Navy", "Rose")
_MATERIALS = ("ceramic", "wooden", "steel", "glass", "cotton", "linen", "leather", "copper")
_THINGS = {
    "Kitchen": "mug plate bowl spoon fork pan lid jug teapot kettle ladle grater",
    "Living": "chair table shelf mirror clock rug cushion vase candle basket lamp frame",
    "Clothing": "shirt scarf belt hat glove sock jumper jacket apron wallet",
    "Office": "notebook pencil folder stapler tray organiser whiteboard ruler",
}
_FARBEN = ("Rot", "Blau", "Grün", "Schwarz", "Weiß", "Beige", "Grau")
_STOFFE = ("Eiche", "Buche", "Leinen", "Baumwolle", "Edelstahl", "Porzellan", "Leder")
_DINGE = {
    "Küche": "Schüssel Tasse Teller Pfanne Brotkasten Kaffeekanne Schneidebrett Kochtopf",
    "Wohnen": "Tischlampe Bücherregal Sofakissen Teppich Wanduhr Spiegel Blumenvase",
    "Garten": "Blumentopf Gartenstuhl Gartenschlauch Vogelhaus Pflanzkasten Sonnenschirm",
    "Mode": "Winterjacke Handtasche Ledergürtel Wollmütze Hausschuhe Damenschal",
}
_RECORDS = (
    "Midnight Train",
    "River Songs",
    "The Long Way Home",
    "Now and Then",
    "What We Are",
    "Live in Berlin",
    "Who Knows",
    "That Was Then",
    "On the Road",
    "Here and There",
)
_ARTISTS = ("The Lanterns", "North Pier", "Alma Reyes", "Die Wanderer", "Quiet Hours", "Saltbox")
_CHINESE = ("红茶", "白茶", "乌龙茶", "茶杯", "茶盘", "竹筷", "丝巾", "耳环", "毛笔", "折扇")
_JAPANESE = (
    "煎茶",
    "ほうじ茶",
    "湯呑",
    "手ぬぐい",
    "風呂敷",
    "箸置き",
    "ボールペン",
    "スマホケース",
)
_HARDWARE = ("Hex bolt", "Wood screw", "Washer", "Threaded rod", "Lock nut", "Carriage bolt")
_LIQUIDS = ("Shampoo", "Olive oil", "Apple juice", "Dish soap", "Vinegar", "Body lotion")


@dataclass
class Entry:
    """A product. ``category`` is a name, ``sold`` a number of units."""

    key: str
    name: str
    brand: str = ""
    category: str = ""
    tags: list[str] = field(default_factory=list)
    sku: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    sold: int = 0
    description: str = ""


@dataclass(frozen=True)
class Judgement:
    """A query with the keys of the products of which one should be found."""

    kind: str
    query: str
    keys: frozenset[str]


def read_judgements() -> list[Judgement]:
    """Return the queries."""
    return [
        Judgement(row["kind"], row["query"], frozenset(row["products"].split("|")))
        for row in _rows("queries.tsv")
    ]


def generate(size: int) -> list[Entry]:
    """Return ``size`` products, among them those that are searched for."""
    wanted = [_entry(row) for row in _rows("products.tsv")]
    random = Random(17)
    others = list(_others(random, size))
    step = max(1, len(others) // len(wanted))
    for number, entry in enumerate(wanted):
        others.insert(number * step, entry)
    return others[:size] if size > len(wanted) else wanted


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _entry(row: dict[str, str]) -> Entry:
    pairs = [pair.split("=") for pair in row["attributes"].split(";") if pair]
    return Entry(
        row["key"],
        row["name"],
        row["brand"],
        row["category"],
        row["tags"].split(),
        row["sku"],
        dict(pairs),
        int(row["sold"]),
        row["description"],
    )


def _others(random: Random, size: int) -> Iterator[Entry]:
    """Yield generated products, from the second round on with numbers in their names."""
    number = 0
    for series in range(1 + size):
        for name, brand, category, description in _names(random):
            number += 1
            if number > size:
                return
            yield Entry(
                f"other-{number}",
                name if series == 0 else f"{name} {1000 + number}",
                brand,
                category,
                sku=f"{brand[:2].upper()}-{number:05}",
                attributes={"material": random.choice(_MATERIALS).title()},
                sold=random.randrange(60),
                description=description,
            )


def _names(random: Random) -> Iterator[tuple[str, str, str, str]]:
    """Yield each name with a brand, a category and a description."""
    yield from _accessories()
    yield from _things(random)
    yield from _dinge(random)
    yield from _others_of_one_category()


def _accessories() -> Iterator[tuple[str, str, str, str]]:
    for part, phone, brand in combinations(_PARTS, _PHONES, _PART_BRANDS):
        yield f"{part} for {phone}", brand, "Phone accessories", f"Fits the {phone} only."


def _things(random: Random) -> Iterator[tuple[str, str, str, str]]:
    for colour, material, category in combinations(_COLOURS, _MATERIALS, _THINGS):
        things = _THINGS[category].split()
        for thing in things:
            brand = random.choice(("Homely", "Kontor", "Loom & Lark", "Nordlys"))
            description = f"A {material} {thing} that goes with the {random.choice(things)}."
            yield f"{colour} {material} {thing}", brand, category, description


def _dinge(random: Random) -> Iterator[tuple[str, str, str, str]]:
    for farbe, stoff, category in combinations(_FARBEN, _STOFFE, _DINGE):
        dinge = _DINGE[category].split()
        for ding in dinge:
            brand = random.choice(("Holzwerk", "Haustür", "Emailwerk", "Frottana"))
            description = f"{ding} aus {stoff}, passt zu {random.choice(dinge)}."
            yield f"{ding} {stoff} {farbe}", brand, category, description


def _others_of_one_category() -> Iterator[tuple[str, str, str, str]]:
    for artist, record in combinations(_ARTISTS, _RECORDS):
        yield f"{artist} – {record}", "Polyphon", "Records", "Twelve songs about what was."
    for thing, number in combinations((*_CHINESE, *_JAPANESE), range(1, 9)):
        yield f"{thing} {number}号", "東西屋", "雑貨", f"{thing}です。"
    for thing, size, length in combinations(_HARDWARE, range(3, 13), range(10, 80, 10)):
        yield f"{thing} M{size}x{length}", "Schraubfix", "Screws", "Zinc plated steel."
    for thing, amount in combinations(_LIQUIDS, (100, 250, 330, 500, 750)):
        yield f"{thing} {amount} ml", "Naturalis", "Household", "In a glass bottle."
