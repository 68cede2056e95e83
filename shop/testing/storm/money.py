"""``python -m shop.testing.storm.money``: ten minutes of money while everything dies.

The storm, with Stripe for a gateway: a fake one in a process of its own (payments/tests), which
hangs, fails, drops connections after charging, and doubles, delays and loses webhooks; customers
pay, authenticate, cancel and walk away; staff refund; workers are killed. When it is over,
``settle_payments``, staff who refund again what a bank did not give back, and one
``reconcile_payments --fix`` must leave nothing that differs: Stripe's ledger, payments, refunds,
orders and stock agree to the cent, or the exit code is 1.
"""

import re
import subprocess
import time
from argparse import Namespace

from payments.tests.fake_stripe.client import FakeStripe, running_fake_stripe
from shop.testing.server import Shop, running_shop, wait_until_ready
from shop.testing.storm import books
from shop.testing.storm.banker import Banker
from shop.testing.storm.cashier import Cashier
from shop.testing.storm.chaos import Chaos
from shop.testing.storm.clerk import hire
from shop.testing.storm.ledger import Ledger
from shop.testing.storm.payer import Payer
from shop.testing.storm.rage import (
    audit,
    prepared_database,
    products_of,
    rage,
    read_options,
    report,
)
from shop.testing.storm.stripe_books import ENDS_WITH_REFUNDS, compare_with_stripe

# Of the shop's requests to Stripe about one in eight goes wrong.
_FAULTS = [
    {"kind": kind, "path": "/v1/*", "rate": rate, "seconds": seconds, "times": None}
    for kind, rate, seconds in [
        ("drop", 0.02, 0),
        ("drop_after", 0.03, 0),
        ("error", 0.02, 0),
        ("error_after", 0.01, 0),
        ("error_kept", 0.005, 0),
        ("garbage", 0.01, 0),
        ("garbage_after", 0.01, 0),
        ("unavailable", 0.01, 0),
        ("rate_limit", 0.01, 0),
        ("lock_timeout", 0.01, 0),
        ("slow", 0.01, 2),
        ("slow", 0.004, 12),  # done after the shop has given up
        ("hang", 0.002, 15),
        ("hang_after", 0.002, 15),
    ]
]
# How soon a worker is back is the other storm's question; here it may be busy.
_BACK_WITHIN = 30.0
# What reconcile_payments says of late money whose refund failed at the bank.
_NOT_BACK = re.compile(r"^Payment (\d+): .* was not refunded", re.MULTILINE)
_WEBHOOKS = {"duplicate": 0.2, "delay": 3.0, "withhold": 0.1}


def main() -> int:
    """Return the exit code."""
    options = read_options("python -m shop.testing.storm.money", seconds=600, clients=8)
    ledger = Ledger()
    with (
        running_fake_stripe() as fake,
        prepared_database(options.database) as stage,
        running_shop(stage.url, **fake.environment()) as shop,
    ):
        chaos = Chaos(shop, stage.postgres, options.seed)
        _rage(shop, fake, chaos, ledger, options)
        wait_until_ready(shop)
        again, healed = _calm_down(shop, fake, stage.url, ledger)
        sums = books.compare(stage.url, ledger, ends=ENDS_WITH_REFUNDS)
        sums |= compare_with_stripe(stage.url, fake, ledger)
        sums |= {"webhooks": _webhooks(fake), "refunded again": again, "healed": healed}
        found = audit(shop)
    return report(ledger, chaos, sums, found, back_within=_BACK_WITHIN)


def _rage(shop: Shop, fake: FakeStripe, chaos: Chaos, ledger: Ledger, options: Namespace) -> None:
    fake.send_webhooks(f"{shop.url}/api/webhooks/stripe/", seed=options.seed, **_WEBHOOKS)
    fake.fail_at_random(_FAULTS, seed=options.seed)
    products = products_of(shop.environment["DATABASE_URL"])
    hire(shop)
    customers = [
        Payer(shop.url, number, products, ledger, fake) for number in range(options.clients)
    ]
    others = [Cashier(shop.url, products, ledger), Banker(fake, ledger, options.seed)]
    rage(shop, [*customers, *others], chaos, options.seconds)


def _calm_down(shop: Shop, fake: FakeStripe, database_url: str, ledger: Ledger) -> tuple[int, int]:
    """Let Stripe be well, and the shop settle and reconcile: after that nothing may differ.

    Returns how many late payments staff had to refund again, and how many differences were healed
    that settling had left.
    """
    fake.clear_faults()
    bank, cashier = Banker(fake, ledger, seed=0, goodwill=1.0), Cashier(shop.url, [], ledger)
    again = 0
    # Twice: what is settled may be a refund that was still to be sent, and banks take their time.
    for _ in range(2):
        bank.work()
        _wait_for_webhooks(fake)
        books.age_open_payments(database_url)
        shop.manage("settle_payments")
        again += cashier.refund_again(_NOT_BACK.findall(_reconcile(shop)))
    healed = _reconcile(shop, "--fix").count("(healed)")
    left = _reconcile(shop)
    if not left.endswith("agree"):
        ledger.accuse(f"after the books were reconciled there are differences: {left}")
    return again, healed


def _reconcile(shop: Shop, *options: str) -> str:
    try:
        return shop.manage("reconcile_payments", *options).strip()
    except subprocess.CalledProcessError as error:
        return f"{error.stdout}"


def _wait_for_webhooks(fake: FakeStripe) -> None:
    """Wait until none is on its way, for a minute at most: it may be repeated for so long."""
    deadline = time.monotonic() + 60
    while not fake.deliveries()["is_idle"] and time.monotonic() < deadline:
        time.sleep(0.2)


def _webhooks(fake: FakeStripe) -> dict[str, int]:
    deliveries = fake.deliveries()
    answered = [each["status"] for each in deliveries["sent"]]
    return {
        "sent": len(answered),
        "taken": sum(200 <= status < 300 for status in answered),
        "lost": len(deliveries["withheld"]),
    }


if __name__ == "__main__":
    raise SystemExit(main())
