"""Goals of the shop, and rates of other shops from an earlier measurement.

All shops were measured in one run on another machine with two processors, with 8 clients, 1,000
products, PostgreSQL and two worker processes each. Shops that need Node or several services are not
run again. Their rates are estimated ("bridged") from their ratio to Salesman in that run.
"""

EARLIER_RATES: dict[str, dict[str, float]] = {
    "product list": {"Salesman": 968, "Oscar": 251, "Vendure": 413, "Medusa": 48, "Saleor": 44},
    "product": {"Salesman": 1404, "Oscar": 318, "Vendure": 361, "Medusa": 102, "Saleor": 50},
    "login": {"Salesman": 10, "Oscar": 9.5, "Vendure": 10, "Medusa": 26},
    "add to cart": {"Salesman": 330, "Oscar": 77, "Vendure": 128, "Medusa": 18, "Saleor": 15},
    "view cart": {"Salesman": 425, "Oscar": 75, "Vendure": 501, "Medusa": 131, "Saleor": 49},
    "checkout": {"Salesman": 95, "Oscar": 28, "Vendure": 15, "Medusa": 2.3, "Saleor": 3.4},
}

# Goals as multiples of the rate of the fastest rival. For the checkout there is one for each rival,
# because Salesman has no stock.
GOALS: dict[str, dict[str, float]] = {
    "product list": {"Salesman": 4},
    "product": {"Salesman": 2.5},
    "login": {"Medusa": 3},
    "add to cart": {"Salesman": 3},
    "view cart": {"Vendure": 2},
    "checkout": {"Salesman": 2, "Oscar": 6, "Vendure": 12, "Medusa": 50, "Saleor": 50},
}


def bridge(operation: str, rival: str) -> float:
    """Return the rate of Salesman divided by that of ``rival``, in the earlier measurement."""
    rates = EARLIER_RATES[operation]
    return rates["Salesman"] / rates[rival]
