"""The categories, attributes and sale of the demo shop, and the details of its products."""

from typing import Any

CATEGORIES: tuple[tuple[str, str, str], ...] = (
    # slug, name, parent
    ("house", "House and kitchen", ""),
    ("kitchen", "Kitchen", "house"),
    ("knives", "Knives and boards", "kitchen"),
    ("coffee-and-tea", "Coffee and tea", "house"),
    ("home", "Home", "house"),
    ("desk-and-paper", "Desk and paper", ""),
    ("writing", "Writing", "desk-and-paper"),
    ("paper", "Paper", "desk-and-paper"),
    ("out-and-about", "Out and about", ""),
    ("outdoors", "Outdoors", "out-and-about"),
    ("clothes", "Clothes", "out-and-about"),
    ("workshop", "Workshop and sound", ""),
    ("tools", "Tools", "workshop"),
    ("sound", "Sound", "workshop"),
)

ATTRIBUTES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    # slug, name, kind, choices
    ("material", "Material", "choice", ("Wood", "Steel", "Cotton", "Wool", "Linen", "Stoneware")),
    ("weight-in-grams", "Weight in grams", "number", ()),
    ("dishwasher-safe", "Dishwasher-safe", "boolean", ()),
    ("made-in", "Made in", "text", ()),
)

SALE = ("Writing week", "desk-and-paper", "15.00")
"""Name, category and percentage of a sale, which starts three days after the catalog is loaded."""

Details = dict[str, Any]

# By category. PRODUCT_DETAILS overrides them. A weight is in grams.
CATEGORY_DETAILS: dict[str, Details] = {
    "kitchen": {"brand": "Hearth & Ladle", "tags": ["cooking"], "weight": 800},
    "knives": {"brand": "Hearth & Ladle", "tags": ["cooking", "cutting"], "weight": 250},
    "coffee-and-tea": {"brand": "Slow Kettle", "tags": ["hot drinks"], "weight": 400},
    "home": {"brand": "Loom Lane", "tags": ["living"], "weight": 900},
    "desk-and-paper": {"brand": "Inkwell", "tags": ["desk"], "weight": 350},
    "writing": {"brand": "Inkwell", "tags": ["desk", "writing"], "weight": 80},
    "paper": {"brand": "Inkwell", "tags": ["desk", "paper"], "weight": 250},
    "outdoors": {"brand": "Farther Hill", "tags": ["hiking"], "weight": 400},
    "clothes": {"brand": "Loom Lane", "tags": ["wearing"], "weight": 300},
    "tools": {"brand": "Oak & Anvil", "tags": ["making"], "weight": 1200},
    "sound": {"brand": "Attic Audio", "tags": ["listening"], "weight": 700},
}


def _made(material: str, **more: Any) -> dict[str, Any]:
    return {"material": material, **more}


PRODUCT_DETAILS: dict[str, Details] = {
    "Enamel mug, 350 ml": {
        "motif": "cup",
        "tags": ["camping", "gift"],
        "attributes": _made("Steel", **{"dishwasher-safe": True}),
    },
    "Cast-iron pan, 26 cm": {
        "compare_at_price": "52.00",
        "weight": 2400,
        "attributes": {"weight-in-grams": 2300, "dishwasher-safe": False},
    },
    "Bread knife, 22 cm": {"category": "knives", "motif": "knife", "attributes": _made("Steel")},
    "Paring knife, 9 cm": {
        "category": "knives",
        "motif": "knife",
        "compare_at_price": "18.00",
        "attributes": _made("Steel", **{"dishwasher-safe": False}),
    },
    "Maple cutting board": {
        "category": "knives",
        "motif": "blanket",
        "tags": ["cooking", "gift"],
        "attributes": _made("Wood", **{"dishwasher-safe": False}),
    },
    "Rolling pin without handles": {"attributes": _made("Wood")},
    "House espresso, 500 g": {"motif": "leaf", "attributes": {"weight-in-grams": 500}},
    "Filter roast, 250 g": {
        "motif": "leaf",
        "compare_at_price": "13.90",
        "attributes": {"weight-in-grams": 250},
    },
    "Assam leaf tea, 200 g": {
        "motif": "leaf",
        "attributes": {"weight-in-grams": 200, "made-in": "Assam"},
    },
    "Sencha, 100 g": {"motif": "leaf", "attributes": {"weight-in-grams": 100}},
    "Rooibos with orange peel, 200 g": {"motif": "leaf", "attributes": {"weight-in-grams": 200}},
    "Wool blanket, herringbone": {
        "motif": "blanket",
        "compare_at_price": "149.00",
        "tags": ["living", "gift"],
        "attributes": _made("Wool"),
    },
    "Linen cushion cover, 50 cm": {"motif": "blanket", "attributes": _made("Linen")},
    "Picture frame, A4": {"motif": "frame", "attributes": _made("Wood")},
    "Wall clock, 30 cm": {"motif": "plate"},
    "Laundry basket, willow": {"motif": "bag"},
    "Notebook A5, dotted": {"category": "paper"},
    "Pocket notebook, set of 3": {"category": "paper", "tags": ["desk", "paper", "gift"]},
    "Kraft envelopes C5, 50 pieces": {"category": "paper"},
    "Fountain pen, fine nib": {
        "category": "writing",
        "motif": "pen",
        "compare_at_price": "59.00",
        "tags": ["desk", "writing", "gift"],
    },
    "Bottled ink, blue-black, 50 ml": {"category": "writing", "motif": "bottle"},
    "Pencils HB, dozen": {"category": "writing", "motif": "pen", "attributes": _made("Wood")},
    "Desk lamp with clamp": {"motif": "lamp", "attributes": _made("Steel")},
    "Insulated bottle, 750 ml": {"motif": "bottle", "attributes": _made("Steel")},
    "Head torch, 350 lm": {"motif": "lamp"},
    "Dry bag, 20 l": {"motif": "bag"},
    "Pocket knife, 4 tools": {"motif": "knife", "attributes": _made("Steel")},
    "Field guide to hedgerows": {"motif": "book"},
    "Merino socks, grey": {"attributes": _made("Wool")},
    "Lambswool scarf": {"motif": "blanket", "attributes": _made("Wool")},
    "Canvas tote bag": {"motif": "bag", "attributes": _made("Cotton")},
    "Heavy cotton T-shirt": {"attributes": _made("Cotton")},
    "Fisherman's jumper": {"tags": ["wearing", "gift"], "attributes": _made("Wool")},
    "Walking socks, pair": {"attributes": _made("Wool")},
    "Stoneware teapot": {
        "tags": ["hot drinks", "gift"],
        "attributes": _made("Stoneware", **{"dishwasher-safe": True}),
    },
    "Digital kitchen scale": {"motif": "plate"},
    "Crème brûlée dishes, set of 4": {"motif": "plate", "attributes": _made("Stoneware")},
    "Potato ricer": {"motif": "box"},
    "Tea towel, waffle weave": {"motif": "blanket", "attributes": _made("Cotton")},
    "Clothes brush": {"motif": "box"},
    "Folding step stool": {"motif": "box", "attributes": _made("Wood")},
    "Letter tray, stackable": {"motif": "box"},
    "Leather belt, 90 cm": {"motif": "box"},
    "Cordless drill, 12 V": {"motif": "box"},
    "Bicycle repair kit": {"motif": "box"},
    "Over-ear headphones": {"motif": "box"},
    "Portable radio": {"motif": "box"},
    "Dinner plate, 27 cm": {"attributes": _made("Stoneware", **{"dishwasher-safe": True})},
    "Linen tablecloth": {"attributes": _made("Linen")},
    "Bath towel of cotton": {"attributes": _made("Cotton")},
    "Water bottle of steel": {"attributes": _made("Steel")},
}
