"""The demo products without variants.

``variants`` contains the products with variants, and ``details`` the categories, brands, tags and
attributes.
"""

from dataclasses import dataclass, replace


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


_P = DemoProduct


def _in_category(category: str, motif: str, *products: DemoProduct) -> list[DemoProduct]:
    """Return products with this category and motif."""
    return [replace(product, category=category, motif=motif) for product in products]


PLAIN_PRODUCTS: tuple[DemoProduct, ...] = (
    *_in_category(
        "kitchen",
        "pan",
        _P(
            "Enamel mug, 350 ml",
            "9.50",
            120,
            "Steel under white enamel with a blue rim. Fit for the hob and the campfire, not "
            "for the microwave.",
        ),
        _P(
            "Cast-iron pan, 26 cm",
            "44.00",
            35,
            "Seasoned with linseed oil and ready to use. Weighs 2.3 kg; wash it without soap.",
        ),
        _P(
            "Carbon-steel wok, 32 cm",
            "39.90",
            18,
            "Flat bottom for every hob, beech handle. Comes with a ring for round burners.",
        ),
        _P(
            "Bread knife, 22 cm",
            "32.00",
            40,
            "Serrated stainless blade, riveted walnut handle. Cuts a crust without crushing the "
            "crumb.",
        ),
        _P(
            "Paring knife, 9 cm",
            "14.50",
            85,
            "Carbon steel that takes a fine edge and turns grey with use.",
        ),
        _P(
            "Maple cutting board",
            "36.00",
            22,
            "End grain, 40 × 28 × 3 cm, oiled twice. Rubber feet keep it where it is.",
        ),
        _P(
            "Digital kitchen scale",
            "27.90",
            60,
            "Weighs to 5 kg in steps of one gram. Runs for a year on two AAA cells.",
        ),
        _P(
            "Measuring jug, 1 l",
            "11.20",
            75,
            "Borosilicate glass with a spout that does not drip. Marks in millilitres and cups.",
        ),
        _P(
            "Crème brûlée dishes, set of 4",
            "18.40",
            30,
            "White stoneware, 12 cm across and low, so that the sugar browns evenly.",
        ),
        _P(
            "Rolling pin without handles",
            "15.00",
            45,
            "One piece of beech, 45 cm, thicker in the middle for round doughs.",
        ),
        _P(
            "Potato ricer",
            "23.50",
            26,
            "Stainless steel with two discs. Also presses Spätzle.",
        ),
        _P(
            "Tea towel, waffle weave",
            "7.90",
            200,
            "Half linen, 50 × 70 cm, in oatmeal. Softer after each wash.",
        ),
    ),
    *_in_category(
        "coffee-and-tea",
        "cup",
        _P(
            "Pour-over dripper, size 2",
            "16.80",
            64,
            "Ribbed porcelain cone for one to four cups. Takes standard paper filters.",
        ),
        _P(
            "Paper filters, size 2, 100 pieces",
            "4.20",
            400,
            "Unbleached, compostable, folded along two seams.",
        ),
        _P(
            "Hand coffee grinder",
            "58.00",
            14,
            "Conical steel burrs with 36 settings, from espresso to French press. Holds 25 g.",
        ),
        _P(
            "Gooseneck kettle, 1 l",
            "62.50",
            9,
            "Stainless steel with a thermometer in the lid. For gas, electric and induction.",
        ),
        _P(
            "House espresso, 500 g",
            "13.90",
            150,
            "Dark roast of two arabicas and one robusta. Chocolate and hazelnut, little acid.",
        ),
        _P(
            "Filter roast, 250 g",
            "9.80",
            130,
            "Light roast from a single farm. Tastes of red currant and cane sugar.",
        ),
        _P(
            "Assam leaf tea, 200 g",
            "8.60",
            90,
            "Second flush, malty and strong. Good with milk; three minutes are enough.",
        ),
        _P(
            "Sencha, 100 g",
            "9.20",
            70,
            "Steamed green tea of the first harvest. Brew it at 70 °C.",
        ),
        _P(
            "Rooibos with orange peel, 200 g",
            "6.90",
            80,
            "No caffeine. The peel is dried, not flavoured.",
        ),
        _P(
            "Glass teapot with strainer, 1.2 l",
            "29.00",
            3,
            "Heat-proof glass, and a strainer wide enough for the leaves to open.",
        ),
    ),
    *_in_category(
        "home",
        "candle",
        _P(
            "Wool blanket, herringbone",
            "89.00",
            16,
            "Pure new wool, 130 × 180 cm, with short fringes. Airs out instead of being washed.",
        ),
        _P(
            "Linen cushion cover, 50 cm",
            "24.00",
            48,
            "Stone-washed linen with a hidden zip. Filling not included.",
        ),
        _P(
            "Beeswax candle, 20 cm",
            "6.50",
            160,
            "Burns for about nine hours and smells faintly of honey.",
        ),
        _P(
            "Doormat of coir",
            "21.90",
            33,
            "40 × 70 cm on a natural rubber back. Shake it out and it is clean.",
        ),
        _P(
            "Wall clock, 30 cm",
            "48.00",
            12,
            "A quiet sweep movement behind mineral glass. Birch rim, black hands.",
        ),
        _P(
            "Laundry basket, willow",
            "54.00",
            7,
            "Woven from peeled willow with a cotton lining that comes out for washing.",
        ),
        _P(
            "Clothes brush",
            "17.50",
            41,
            "Pear wood and pig bristle. Takes dust and hair off coats and felt.",
        ),
        _P(
            "Picture frame, A4",
            "19.90",
            66,
            "Solid oak, real glass, to stand or to hang in both directions.",
        ),
        _P(
            "Folding step stool",
            "37.00",
            0,
            "Two steps, 45 cm high, holds 150 kg and folds to 5 cm.",
        ),
        _P(
            "Watering can, 1.5 l",
            "22.80",
            28,
            "Galvanised steel with a long spout that reaches behind the leaves.",
        ),
    ),
    *_in_category(
        "desk-and-paper",
        "book",
        _P(
            "Notebook A5, dotted",
            "8.90",
            240,
            "192 pages of 90 g paper that ink does not bleed through. Lies flat.",
        ),
        _P(
            "Pocket notebook, set of 3",
            "9.90",
            180,
            "48 squared pages each, sewn, in grey card. Fits a shirt pocket.",
        ),
        _P(
            "Fountain pen, fine nib",
            "28.00",
            37,
            "Steel nib and a window to see the ink. Takes cartridges or a converter.",
        ),
        _P(
            "Bottled ink, blue-black, 50 ml",
            "11.50",
            52,
            "Dries in five seconds and stays when the page gets wet.",
        ),
        _P(
            "Mechanical pencil, 0.7 mm",
            "7.40",
            145,
            "Brass under matte lacquer, with a metal grip and an eraser under the cap.",
        ),
        _P(
            "Pencils HB, dozen",
            "5.80",
            210,
            "Cedar, hexagonal, and hard to break.",
        ),
        _P(
            "Desk lamp with clamp",
            "69.00",
            11,
            "Two joints, 900 lm, dimmable between warm and neutral white.",
        ),
        _P(
            "Letter tray, stackable",
            "18.00",
            44,
            "Powder-coated steel for A4, with felt feet. Stacks without tools.",
        ),
        _P(
            "Kraft envelopes C5, 50 pieces",
            "6.20",
            300,
            "Recycled paper, self-sealing, without a window.",
        ),
        _P(
            "Perpetual calendar",
            "26.50",
            19,
            "Three wooden cubes and a stand. Turn them in the morning.",
        ),
    ),
    *_in_category(
        "outdoors",
        "hills",
        _P(
            "Two-person tent",
            "219.00",
            6,
            "Two layers on three aluminium poles, 2.1 kg. Stands in five minutes, also in wind.",
        ),
        _P(
            "Down sleeping bag, −4 °C",
            "259.00",
            5,
            "650 fill-power duck down in a recycled shell. Packs to the size of a loaf.",
        ),
        _P(
            "Trekking poles, pair",
            "64.90",
            24,
            "Aluminium with cork grips, 65 to 135 cm. Lever locks that hold when wet.",
        ),
        _P(
            "Insulated bottle, 750 ml",
            "29.50",
            95,
            "Keeps tea hot for twelve hours. Steel through and through, dishwasher safe.",
        ),
        _P(
            "Head torch, 350 lm",
            "34.00",
            58,
            "Three levels and a red light. Charges by USB-C, lasts 40 hours on low.",
        ),
        _P(
            "Dry bag, 20 l",
            "19.00",
            72,
            "Welded seams and a roll top. Floats when closed properly.",
        ),
        _P(
            "Pocket knife, 4 tools",
            "38.50",
            29,
            "Blade, corkscrew, bottle opener and saw between plates of olive wood.",
        ),
        _P(
            "Hammock with straps",
            "57.00",
            15,
            "Parachute nylon, holds 200 kg. The straps spare the bark.",
        ),
        _P(
            "Field guide to hedgerows",
            "21.00",
            34,
            "170 plants with drawings of leaf, flower and fruit. The cover bears rain.",
        ),
    ),
    *_in_category(
        "clothes",
        "shirt",
        _P(
            "Merino socks, grey",
            "16.00",
            110,
            "Two thirds merino, a third nylon for the heel. Sizes 39 to 42.",
        ),
        _P(
            "Rain jacket, unisex M",
            "129.00",
            13,
            "Three layers, taped seams, a hood that turns with the head.",
        ),
        _P(
            "Flannel shirt, checked, L",
            "59.00",
            21,
            "Brushed cotton of 170 g, horn buttons, a single chest pocket.",
        ),
        _P(
            "Lambswool scarf",
            "42.00",
            27,
            "30 × 180 cm, woven in a twill, the ends fringed by hand.",
        ),
        _P(
            "Canvas tote bag",
            "14.00",
            190,
            "Heavy cotton with handles long enough for a shoulder, and an inner pocket.",
        ),
        _P(
            "Leather belt, 90 cm",
            "45.00",
            2,
            "Full-grain leather 3.5 cm wide, solid brass buckle. Can be shortened.",
        ),
        _P(
            "Working gloves, size 9",
            "12.90",
            88,
            "Goatskin palms on a cotton back. Thin enough to feel a screw.",
        ),
    ),
    *_in_category(
        "tools",
        "hammer",
        _P(
            "Claw hammer, 450 g",
            "24.00",
            39,
            "Forged head on an ash handle, wedged with steel.",
        ),
        _P(
            "Screwdriver set, 6 pieces",
            "31.50",
            46,
            "Slotted and cross-head blades that go through the handle, so a tap is allowed.",
        ),
        _P(
            "Japanese pull saw",
            "33.00",
            17,
            "Cuts on the pull with a kerf of 0.6 mm. The blade can be changed.",
        ),
        _P(
            "Tape measure, 5 m",
            "10.80",
            99,
            "Nylon-coated steel, class II, with a hook that allows for its own thickness.",
        ),
        _P(
            "Cordless drill, 12 V",
            "139.00",
            8,
            "Two speeds, 30 Nm, with two batteries and a charger in a case.",
        ),
        _P(
            "Spirit level, 60 cm",
            "28.90",
            0,
            "Milled aluminium with three vials, true to 0.5 mm a metre.",
        ),
        _P(
            "Bicycle repair kit",
            "13.60",
            74,
            "Levers, six patches, glue and a seven-way hex key in a tin.",
        ),
        _P(
            "Børste workshop broom",
            "26.00",
            20,
            "Coconut fibre on a 50 cm beech head, with a screw-in handle.",
        ),
    ),
    *_in_category(
        "sound",
        "record",
        _P(
            "Over-ear headphones",
            "149.00",
            10,
            "Closed, with 40 mm drivers and pads that can be changed. The cable comes off.",
        ),
        _P(
            "Portable radio",
            "79.00",
            4,
            "FM and DAB+, one speaker, and 15 hours on a charge. Two presets are enough.",
        ),
        _P(
            "Bookshelf speakers, pair",
            "329.00",
            0,
            "Two-way, 13 cm woofers, birch plywood cabinets. For amplifiers from 20 W.",
        ),
        _P(
            "Turntable, belt-driven",
            "389.00",
            1,
            "33 and 45, with a pre-adjusted cartridge and a built-in phono stage.",
        ),
        _P(
            "Record brush",
            "16.90",
            0,
            "A million carbon fibres and a cleaning edge that folds away.",
        ),
        _P(
            "Upright piano bench",
            "189.00",
            5,
            "Beech, adjustable from 48 to 57 cm, with a padded seat and room for sheet music.",
        ),
    ),
)
