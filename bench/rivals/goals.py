"""What the shop is to reach, and what other shops reached beside Salesman.

Measured once, on another machine of two cores, all of them in one run, at 8 clients, with 1,000
products on PostgreSQL and two worker processes each. What is a service of Node or needs several
is not run again here: it is bridged by its ratio to Salesman there.
"""

RATES_THERE: dict[str, dict[str, float]] = {
    "product list": {"Salesman": 968, "Oscar": 251, "Vendure": 413, "Medusa": 48, "Saleor": 44},
    "product": {"Salesman": 1404, "Oscar": 318, "Vendure": 361, "Medusa": 102, "Saleor": 50},
    "login": {"Salesman": 10, "Oscar": 9.5, "Vendure": 10, "Medusa": 26},
    "add to cart": {"Salesman": 330, "Oscar": 77, "Vendure": 128, "Medusa": 18, "Saleor": 15},
    "view cart": {"Salesman": 425, "Oscar": 75, "Vendure": 501, "Medusa": 131, "Saleor": 49},
    "checkout": {"Salesman": 95, "Oscar": 28, "Vendure": 15, "Medusa": 2.3, "Saleor": 3.4},
}

# How many times whom: the fastest there, and for the checkout each, for Salesman keeps no stock.
GOALS: dict[str, dict[str, float]] = {
    "product list": {"Salesman": 4},
    "product": {"Salesman": 2.5},
    "login": {"Medusa": 3},
    "add to cart": {"Salesman": 3},
    "view cart": {"Vendure": 2},
    "checkout": {"Salesman": 2, "Oscar": 6, "Vendure": 12, "Medusa": 50, "Saleor": 50},
}


def bridge(operation: str, rival: str) -> float:
    """Return how many times as fast as ``rival`` Salesman was there."""
    rates = RATES_THERE[operation]
    return rates["Salesman"] / rates[rival]
