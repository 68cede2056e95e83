"""``python -m bench.checkout``: compare the journeys to a paid order with each other.

Three shops run at the same time, of this working tree. Two have products only. The third also has
shipping methods, tax rates of three countries, a promotion and a voucher, and its purchases use
all of them.
"""

import argparse
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from bench import say
from bench.against import rate_of, running_target, summarize
from bench.load import Sample
from bench.target import Target
from shop.testing.postgres import running_postgres
from shop.testing.server import ROOT

PLAIN, GUEST, FULL = "checkout", "guest checkout", "full checkout"
_SLICES = 4
_CONFIGURE = """
import django

django.setup()
from shop.management.demo.checkout import load_checkout

load_checkout()
"""


def main() -> None:
    """Start the shops, compare the journeys, print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.checkout", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a journey in one round")
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    with running_postgres(durable=True) as server, _running_shops(server, options) as targets:
        rates: dict[str, list[float]] = {name: [] for name in targets}
        for number in range(options.rounds):
            for target in targets.values():
                target.log_everyone_in()
            for name, rate in _measure(targets, options).items():
                rates[name].append(rate)
            say(f"round {number + 1} of {options.rounds}\n")
    _print(rates)


@contextmanager
def _running_shops(server: str, options: argparse.Namespace) -> Iterator[dict[str, Target]]:
    with ExitStack() as stack:
        targets = {}
        for name in (PLAIN, GUEST, FULL):
            code = _CONFIGURE if name == FULL else ""
            shop = running_target(server, ROOT, {}, clients=options.clients, code=code)
            targets[name] = stack.enter_context(shop)
        for name, target in targets.items():
            target.warm_up()
            target.slice(name, options.clients, 1)
        yield targets


def _measure(targets: dict[str, Target], options: argparse.Namespace) -> dict[str, float]:
    """Return the rate of each journey in one round, of short slices that alternate."""
    samples: dict[str, list[Sample]] = {name: [] for name in targets}
    for _ in range(_SLICES):
        for name in random.sample(list(targets), len(targets)):
            seconds = options.seconds / _SLICES
            samples[name].append(targets[name].slice(name, options.clients, seconds))
    return {name: rate_of(found) for name, found in samples.items()}


def _print(rates: dict[str, list[float]]) -> None:
    form = "{:16} {:>10} {:>12} {:>14}\n"
    say("\n" + form.format("", "orders/s", "to checkout", "spread"))
    for name, found in rates.items():
        ratio = summarize(list(zip(found, rates[PLAIN], strict=True)))
        spread = f"{ratio.low:.3f}–{ratio.high:.3f}"
        say(form.format(name, f"{median(found):.1f}", f"{ratio.ratio:.3f}", spread))


if __name__ == "__main__":
    main()
