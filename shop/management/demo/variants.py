"""The demo products with variants, and the list of all demo products."""

from itertools import product

from shop.management.demo.products import PLAIN_PRODUCTS, DemoProduct, DemoVariant

Options = dict[str, tuple[str, ...]]

_SIZES = ("S", "M", "L")


def _with_variants(
    name: str, description: str, group: tuple[str, str], options: Options, *prices: str
) -> DemoProduct:
    """Return a product with a variant for each combination of option values.

    ``prices`` are those of the values of the first option; the last price applies to all further
    values. The stock varies, and some variants are out of stock.
    """
    first = next(iter(options.values()))
    variants = [
        DemoVariant(values, prices[min(first.index(values[0]), len(prices) - 1)], (7 * n + 5) % 16)
        for n, values in enumerate(product(*options.values()))
    ]
    category, motif = group
    return DemoProduct(
        name, prices[0], 0, description, category, motif, tuple(options), tuple(variants)
    )


PRODUCTS_WITH_VARIANTS: tuple[DemoProduct, ...] = (
    _with_variants(
        "Heavy cotton T-shirt",
        "Combed cotton of 220 g, knitted in the round, so that nothing twists in the wash.",
        ("clothes", "shirt"),
        {"Size": _SIZES, "Colour": ("White", "Black", "Blue")},
        "24.00",
    ),
    _with_variants(
        "Fisherman's jumper",
        "Undyed wool that keeps its grease, and warm when wet. Ribbed at the waist.",
        ("clothes", "shirt"),
        {"Size": _SIZES, "Colour": ("Grey", "Blue")},
        "89.00",
        "89.00",
        "94.00",
    ),
    _with_variants(
        "Walking socks, pair",
        "Merino and nylon, padded at heel and toe. They outlast two pairs of boots.",
        ("clothes", "shirt"),
        {"Size": ("36–38", "39–41", "42–44", "45–47")},
        "16.50",
    ),
    _with_variants(
        "Waxed canvas apron",
        "A deep pocket for a rule, a loop for a cloth. Wipes clean.",
        ("kitchen", "shirt"),
        {"Colour": ("Sand", "Green", "Black")},
        "42.00",
    ),
    _with_variants(
        "Stoneware teapot",
        "Thrown by hand, with a strainer in the spout and a lid that stays on.",
        ("coffee-and-tea", "cup"),
        {"Size": ("0.6 l", "1.1 l"), "Colour": ("White", "Green")},
        "38.00",
        "46.00",
    ),
    _with_variants(
        "Dinner plate, 27 cm",
        "Stoneware with a raised rim. Goes into the oven and the dishwasher.",
        ("kitchen", "plate"),
        {"Colour": ("White", "Blue", "Sand")},
        "17.00",
    ),
    _with_variants(
        "Mixing bowls of enamel",
        "With a lid each, and a spout. They nest.",
        ("kitchen", "plate"),
        {"Size": ("1 l", "2 l", "4 l"), "Colour": ("White", "Red")},
        "12.90",
        "16.90",
        "22.50",
    ),
    _with_variants(
        "Linen tablecloth",
        "Washed before it is sewn, so that it shrinks no more. Mitred corners.",
        ("home", "blanket"),
        {"Size": ("140 × 140 cm", "140 × 220 cm"), "Colour": ("Sand", "Grey", "White")},
        "54.00",
        "74.00",
    ),
    _with_variants(
        "Bath towel of cotton",
        "600 g a square metre. Dries well from the first day.",
        ("home", "blanket"),
        {"Size": ("50 × 100 cm", "70 × 140 cm"), "Colour": ("White", "Blue", "Green")},
        "14.00",
        "24.00",
    ),
    _with_variants(
        "Gel pen, 0.5 mm",
        "Dries at once and takes refills. The clip is steel.",
        ("writing", "pen"),
        {"Colour": ("Black", "Blue", "Red")},
        "3.20",
    ),
    _with_variants(
        "Ring binder, A4",
        "Grey board covered in cloth, with a lever that still closes after ten years.",
        ("paper", "book"),
        {"Colour": ("Red", "Blue", "Green", "Black")},
        "11.50",
    ),
    _with_variants(
        "Daypack, 24 l",
        "Waxed cotton, a sleeve for a laptop, and straps that are sewn to last.",
        ("outdoors", "bag"),
        {"Colour": ("Sand", "Green", "Black")},
        "96.00",
    ),
    _with_variants(
        "Water bottle of steel",
        "One wall, no coating, a loop for the finger. Can stand by the fire.",
        ("outdoors", "bottle"),
        {"Size": ("0.5 l", "1 l"), "Colour": ("Grey", "Red", "Blue")},
        "19.00",
        "25.00",
    ),
    _with_variants(
        "Wood screws, 100 pieces",
        "Hardened steel with a countersunk head and a thread that needs no pilot hole.",
        ("tools", "box"),
        {"Length": ("30 mm", "40 mm", "60 mm", "80 mm")},
        "6.90",
        "7.90",
        "9.50",
        "12.50",
    ),
    _with_variants(
        "Speaker cable",
        "Copper of 2.5 mm², banana plugs at both ends.",
        ("sound", "record"),
        {"Length": ("2 m", "3 m", "5 m")},
        "18.00",
        "24.00",
        "35.00",
    ),
)

DEMO_PRODUCTS = PLAIN_PRODUCTS + PRODUCTS_WITH_VARIANTS
