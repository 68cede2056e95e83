"""``python -m shop.testing.storm``: five minutes of purchases while workers and PostgreSQL fail.

Starts a durable database, the shop with two workers, and ``manage.py worker``. Customers buy with
the demo gateway while workers are killed and PostgreSQL is restarted. Exits with 1 if an order or a
payment that a client knows of is missing or exists twice, if ``audit`` finds a breach, or if a
client got a 5xx other than 503. With ``--capture in_parts`` staff ship orders in parts, each of
which captures what it costs.
"""

from shop.testing.server import running_shop, wait_until_ready
from shop.testing.storm import database_checks
from shop.testing.storm.chaos import Chaos
from shop.testing.storm.customer import Customer
from shop.testing.storm.observations import Observations
from shop.testing.storm.scenario import (
    audit,
    list_products,
    prepared_database,
    read_options,
    report,
    run_actors,
)
from shop.testing.storm.shipping_staff import ShippingStaff, compare_fulfilments
from shop.testing.storm.staff import Staff, create_account

_CAPTURES = {
    "automatic": {},
    "in_parts": {"PAYMENT_CAPTURE": "on_shipment", "DEMO_MULTIPLE_CAPTURES": "true"},
}


def main() -> int:
    """Return the exit code."""
    options = read_options("python -m shop.testing.storm", seconds=300, captures=tuple(_CAPTURES))
    observed, settings = Observations(), _CAPTURES[options.capture]
    with (
        prepared_database(options.database) as database,
        running_shop(database.url, **settings) as shop,
    ):
        chaos = Chaos(shop, database.postgres, options.seed)
        products = list_products(database.url)
        customers = [
            Customer([shop.url], number, products, observed) for number in range(options.clients)
        ]
        create_account(shop)
        staff = ShippingStaff if settings else Staff
        actors = [*customers, staff([shop.url], products, observed)]
        run_actors(shop, actors, chaos, options.seconds)
        wait_until_ready(shop)
        database_checks.age_open_payments(database.url)
        shop.manage("worker", "--once")
        counts = database_checks.compare(database.url, observed)
        database_checks.compare_with_demo(database.url, observed)
        counts |= compare_fulfilments(database.url, observed)
        audited = audit(shop)
    return report(observed, chaos, counts, audited)


if __name__ == "__main__":
    raise SystemExit(main())
