"""``python -m shop.testing.model --operations N --seed S``: compare the shop with the model.

A real server on a new database gets random operations, one after the other, of buyers, guests and
staff. Responses, orders, returns and stock must be what the model says, and ``audit`` must be clean
at the end, or the exit code is 1. The same seed sends the same operations.
"""

import argparse
import sys
import time

from shop.testing.model.operations import OPERATIONS
from shop.testing.model.placing import place
from shop.testing.model.session import Session
from shop.testing.model.views import Disagreement
from shop.testing.server import running_shop
from shop.testing.storm.scenario import audit, prepared_database
from shop.testing.storm.staff import create_account

_CAPTURES = ("automatic", "on_shipment", "in_parts")
"""When payments are captured: at once, with the first fulfilment, or a part with each of them."""
_REPEATED = 0.08
_CHECKED = 0.25
_ALL_CHECKED_EVERY = 250


def main() -> int:
    """Return the exit code."""
    options = _read_options()
    with (
        prepared_database(options.database) as database,
        running_shop(
            database.url,
            workers=1,
            PAYMENT_METHODS="card,bank_transfer",
            PAYMENT_CAPTURE="automatic" if options.capture == "automatic" else "on_shipment",
            DEMO_MULTIPLE_CAPTURES=str(options.capture == "in_parts").lower(),
        ) as shop,
    ):
        create_account(shop)
        session = Session(
            shop,
            options.seed,
            captures_later=options.capture != "automatic",
            captures_parts=options.capture == "in_parts",
        )
        agrees = _run(session, options.operations, options.seed)
        audited = audit(shop)
    sys.stdout.write(f"{audited}\n")
    return 0 if agrees and not audited.startswith("BREACHES") else 1


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shop.testing.model")
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--capture", choices=_CAPTURES, default=_CAPTURES[0])
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    return parser.parse_args()


def _run(session: Session, operations: int, seed: int) -> bool:
    """Run the operations; print what was done, or the first disagreement."""
    start, number = time.monotonic(), 0
    try:
        place(session)
        for number in range(1, operations + 1):
            _take_step(session, number)
        _check_all(session)
    except Disagreement as difference:
        sys.stdout.write(f"DISAGREEMENT  seed {seed}, operation {number}: {difference}\n")
        return False
    seconds = time.monotonic() - start
    sys.stdout.write(
        f"responses   {dict(sorted(session.counts.items()))}\n"
        f"operations  {operations} with seed {seed} on {len(session.world.orders)} orders, "
        f"{operations / seconds:.0f} per second, without a disagreement\n"
    )
    return True


def _take_step(session: Session, number: int) -> None:
    chance = session.random
    if chance.random() < _REPEATED:
        session.repeat()
    else:
        operation = chance.choices(list(OPERATIONS), OPERATIONS.values())[0]
        operation(session)
    if chance.random() < _CHECKED:
        session.check_order(session.pick())
    if number % _ALL_CHECKED_EVERY == 0:
        session.check_stock()


def _check_all(session: Session) -> None:
    for order in session.world.orders:
        session.check_order(order)
    session.check_stock()


if __name__ == "__main__":
    raise SystemExit(main())
