"""The queries of lists that ``bench.growth`` and ``bench.lists`` measure."""

ORDERINGS = [f"ordering={name}" for name in ("price", "-price", "name", "newest", "best_selling")]
FILTERS = [
    "category=5",
    "category=50&ordering=price",
    "min_price=50&max_price=60",
    "in_stock=true",
    "on_sale=true",
    "brand=Brand+7",
    "tag=tag7",
    "attr.material=Material+7",
    "attr.litres.min=9.5&category=50",
    "option.size=40",
    "option.size=40&in_stock=true",
]
SEARCHES = [
    "search=teapot",
    "search=red+ceramic+teapots",
    "search=benchmark",
    "search=ceramik+tepot",
    "search=kettle&ordering=price&in_stock=true",
]
