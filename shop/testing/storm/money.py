"""``python -m shop.testing.storm.money``: ten minutes of payments by a Stripe that fails.

The gateway is the fake Stripe of payments/tests in a process of its own. It hangs, fails, closes
connections after charging, and duplicates, delays and loses webhooks. Customers pay, authenticate,
cancel and abandon payments, staff ship, refund, take units back and cancel units, and workers are
killed. Afterwards ``reconcile_payments`` runs, staff repeat failed refunds, it runs once with
``--fix``, and the worker issues the invoices that are left. Then Stripe and the payments, refunds,
orders, fulfilments, returns, invoices and stock of the shop must agree to the cent, or the exit
code is 1.
"""

import re
import subprocess
from argparse import Namespace

from payments.tests.fake_stripe.client import FakeStripe, running_fake_stripe
from shop.testing.server import Shop, running_shop, wait_until_ready
from shop.testing.storm import database_checks
from shop.testing.storm.bank import Bank
from shop.testing.storm.chaos import Chaos
from shop.testing.storm.invoice_checks import compare_invoices, make_deliveries_due
from shop.testing.storm.observations import Observations
from shop.testing.storm.refunding_staff import RefundingStaff
from shop.testing.storm.returning_staff import ReturningStaff, compare_returns
from shop.testing.storm.scenario import (
    audit,
    list_products,
    prepared_database,
    read_options,
    report,
    run_actors,
)
from shop.testing.storm.shipping_staff import ShippingStaff, compare_fulfilments
from shop.testing.storm.staff import create_account
from shop.testing.storm.stripe_checks import FINAL_STATUSES_WITH_REFUNDS, compare_with_stripe
from shop.testing.storm.stripe_customer import StripeCustomer

# About one in eight requests to Stripe fails.
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
        ("slow", 0.004, 12),  # longer than the time-out of the shop
        ("hang", 0.002, 15),
        ("hang_after", 0.002, 15),
    ]
]
# The output of reconcile_payments for a late payment whose refund failed.
_FAILED_REFUND = re.compile(r"^Payment (\d+): .* was not refunded", re.MULTILINE)
_WEBHOOKS = {"duplicate": 0.2, "delay": 3.0, "withhold": 0.1}


def main() -> int:
    """Return the exit code."""
    captures = ("automatic", "on_shipment")
    options = read_options(
        "python -m shop.testing.storm.money", seconds=600, captures=captures, clients=8
    )
    observed = Observations()
    with (
        running_fake_stripe() as fake,
        prepared_database(options.database) as database,
        running_shop(database.url, PAYMENT_CAPTURE=options.capture, **fake.environment()) as shop,
    ):
        chaos = Chaos(shop, database.postgres, options.seed)
        _run(shop, fake, chaos, observed, options)
        wait_until_ready(shop)
        repeated, corrected = _settle(shop, fake, database.url, observed)
        make_deliveries_due(database.url)
        shop.manage("worker", "--once")
        counts = database_checks.compare(
            database.url, observed, allowed=FINAL_STATUSES_WITH_REFUNDS
        )
        counts |= compare_with_stripe(database.url, fake, observed)
        counts |= compare_fulfilments(database.url, observed)
        counts |= compare_returns(database.url, observed)
        counts |= compare_invoices(database.url, observed)
        counts |= {"webhooks": _count_webhooks(fake)}
        counts |= {"repeated refunds": repeated, "corrections": corrected}
        audited = audit(shop)
    return report(observed, chaos, counts, audited)


def _run(
    shop: Shop, fake: FakeStripe, chaos: Chaos, observed: Observations, options: Namespace
) -> None:
    fake.send_webhooks(f"{shop.url}/api/webhooks/stripe/", seed=options.seed, **_WEBHOOKS)
    fake.fail_at_random(_FAULTS, seed=options.seed)
    products = list_products(shop.environment["DATABASE_URL"])
    create_account(shop)
    customers = [
        StripeCustomer([shop.url], number, products, observed, fake)
        for number in range(options.clients)
    ]
    others = [
        RefundingStaff([shop.url], products, observed),
        ShippingStaff([shop.url], products, observed),
        ReturningStaff([shop.url], products, observed),
        Bank(fake, observed, options.seed),
    ]
    run_actors(shop, [*customers, *others], chaos, options.seconds)


def _settle(
    shop: Shop, fake: FakeStripe, database_url: str, observed: Observations
) -> tuple[int, int]:
    """Settle and reconcile with a Stripe that works. A difference after that is a violation.

    Return the number of refunds that staff repeated, and the number of corrections.
    """
    fake.clear_faults()
    bank = Bank(fake, observed, seed=0, success_rate=1.0)
    staff = RefundingStaff([shop.url], [], observed)
    repeated = 0
    # Twice, because the reconciliation first settles what is open, and may send a refund, which the
    # bank has to complete.
    for _ in range(2):
        bank.complete_all()
        fake.wait_until_idle(180)  # which includes repetitions
        database_checks.age_open_payments(database_url)
        repeated += staff.refund_again(_FAILED_REFUND.findall(_reconcile(shop)))
    corrected = _reconcile(shop, "--fix").count("(corrected)")
    left = _reconcile(shop)
    if not left.endswith("agree"):
        observed.add_violation(f"differences after the reconciliation: {left}")
    return repeated, corrected


def _reconcile(shop: Shop, *options: str) -> str:
    try:
        return shop.manage("reconcile_payments", *options).strip()
    except subprocess.CalledProcessError as error:
        return f"{error.stdout}"


def _count_webhooks(fake: FakeStripe) -> dict[str, int]:
    deliveries = fake.deliveries()
    statuses = [each["status"] for each in deliveries["sent"]]
    return {
        "sent": len(statuses),
        "accepted": sum(200 <= status < 300 for status in statuses),
        "lost": len(deliveries["withheld"]),
    }


if __name__ == "__main__":
    raise SystemExit(main())
