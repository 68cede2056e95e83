"""``python -m shop.testing.storm``: five minutes of purchases while everything dies.

Starts a database that keeps its promises through a crash, the shop with two workers, and a sweep.
Prints what was seen; exits with 1 if an acknowledged order or payment is not there, one is there
twice, ``audit`` finds something, or clients saw anything but answers, dropped connections and 503s.
"""

from shop.testing.server import running_shop, wait_until_ready
from shop.testing.storm import books
from shop.testing.storm.buyer import Client
from shop.testing.storm.chaos import BACK_WITHIN, Chaos
from shop.testing.storm.clerk import Clerk, hire
from shop.testing.storm.ledger import Ledger
from shop.testing.storm.rage import (
    audit,
    prepared_database,
    products_of,
    rage,
    read_options,
    report,
)


def main() -> int:
    """Return the exit code."""
    options = read_options("python -m shop.testing.storm", seconds=300)
    ledger = Ledger()
    with prepared_database(options.database) as stage, running_shop(stage.url) as shop:
        chaos = Chaos(shop, stage.postgres, options.seed)
        products = products_of(stage.url)
        people = [Client(shop.url, number, products, ledger) for number in range(options.clients)]
        hire(shop)
        rage(shop, [*people, Clerk(shop.url, products, ledger)], chaos, options.seconds)
        wait_until_ready(shop)
        books.age_open_payments(stage.url)
        shop.manage("sweep", "--once")
        sums = books.compare(stage.url, ledger)
        books.compare_with_demo(stage.url, ledger)
        found = audit(shop)
    return report(ledger, chaos, sums, found, back_within=BACK_WITHIN)


if __name__ == "__main__":
    raise SystemExit(main())
