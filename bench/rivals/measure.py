"""Rounds of slices: each round has every operation of every shop, in random order.

``bench.rivals.__main__`` runs it with the DATABASE_URL of the shop.
"""

import argparse
import logging
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench import say
from bench.load import Client, Sample, run
from bench.measure import Bench, write
from bench.rivals import oscar, salesman
from bench.rivals.goals import EARLIER_RATES, GOALS, bridge
from bench.rivals.server import PRODUCTS, log_in

OURS = "the shop"
_WARM_UP = 0.5  # seconds of each operation; the rivals cache no responses

Operation = Callable[[str], Client]
RIVALS: dict[str, dict[str, Operation]] = {
    name: {
        "product list": rival.product_list,
        "product": rival.product,
        "login": log_in,
        "add to cart": rival.add_to_cart,
        "view cart": rival.view_cart,
        "checkout": rival.checkout,
    }
    for name, rival in (("Salesman", salesman), ("Oscar", oscar))
}
PREPARATIONS: dict[str, dict[str, Operation]] = {
    name: {
        "add to cart": rival.clear_cart,
        "view cart": rival.fill_cart,
        "checkout": rival.clear_cart,
    }
    for name, rival in (("Salesman", salesman), ("Oscar", oscar))
}


def main() -> None:
    """Measure, print the tables, write the results."""
    logging.disable(logging.INFO)  # requests in this process only count statements
    options = _read_options()
    bench = Bench(options.shop, options.shop, options.products)
    ports = {"Salesman": options.salesman, "Oscar": options.oscar}
    results = _measure(bench, ports, options)
    rows = [_row(who, what, slices) for (who, what), slices in sorted(results.items())]
    comparisons = [
        _compare(what, rival, results) for what in GOALS for rival in EARLIER_RATES[what]
    ]
    _print_rates(rows)
    _print_ratios(comparisons)
    if options.output:
        path, number = Path(options.output), options.clients
        write(path, options, clients=number, rows=rows, comparisons=comparisons)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("shop", "salesman", "oscar"):
        parser.add_argument(f"--{name}", type=int, required=True, help="port")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--output", default="")
    parser.set_defaults(products=PRODUCTS)
    return parser.parse_args()


def _measure(
    bench: Bench, ports: dict[str, int], options: argparse.Namespace
) -> dict[tuple[str, str], list[Sample]]:
    """Return the slices of each operation of each shop, one for each round."""
    bench.warm_up()
    for name, port in ports.items():
        for what in RIVALS[name]:
            _slice(name, what, port, options.clients, _WARM_UP)
    jobs = [(who, what) for who in (OURS, *ports) for what in GOALS]
    results: dict[tuple[str, str], list[Sample]] = {job: [] for job in jobs}
    for round_number in range(options.rounds):
        bench.log_everyone_in()
        random.shuffle(jobs)
        for who, what in jobs:
            if who == OURS:
                sample = bench.slice(what, options.clients, options.seconds)
            else:
                sample = _slice(who, what, ports[who], options.clients, options.seconds)
            results[who, what].append(sample)
        say(f"round {round_number + 1} of {options.rounds}\n")
    return results


def _slice(rival: str, what: str, port: int, number: int, seconds: float) -> Sample:
    """Run an operation of a rival with ``number`` clients, each of which is another customer."""
    if what in PREPARATIONS[rival]:
        run(port, _clients(PREPARATIONS[rival][what], number), 0)
    return run(port, _clients(RIVALS[rival][what], number), seconds)


def _clients(operation: Operation, number: int) -> list[Callable[[], Client]]:
    return [partial(operation, f"token{customer}") for customer in range(number)]


def _row(who: str, what: str, slices: list[Sample]) -> dict[str, Any]:
    return {
        "who": who,
        "what": what,
        "rate": round(median(s.rate for s in slices), 1),
        "rates": [round(s.rate, 1) for s in slices],
        "p50_ms": round(1000 * median(s.percentile(0.5) for s in slices), 2),
        "p99_ms": round(1000 * median(s.percentile(0.99) for s in slices), 2),
    }


def _compare(what: str, rival: str, results: dict[tuple[str, str], list[Sample]]) -> dict[str, Any]:
    """Compare the rates of the shop with those of a rival, estimated if it was not run."""
    bridged = rival not in RIVALS
    theirs = results["Salesman" if bridged else rival, what]
    factor = bridge(what, rival) if bridged else 1.0
    pairs = zip(results[OURS, what], theirs, strict=True)
    ratios = [our.rate / their.rate * factor for our, their in pairs]
    return {
        "what": what,
        "rival": rival,
        "bridged": bridged,
        "ratio": round(median(ratios), 2),
        "ratio_spread": [round(min(ratios), 2), round(max(ratios), 2)],
        "goal": GOALS[what].get(rival),
    }


def _print_rates(rows: list[dict[str, Any]]) -> None:
    form = "{:14} {:12} {:>9} {:>9} {:>9}\n"
    say("\n" + form.format("", "", "req/s", "p50 ms", "p99 ms"))
    for row in sorted(rows, key=lambda row: (list(GOALS).index(row["what"]), -row["rate"])):
        say(form.format(*(row[key] for key in ("what", "who", "rate", "p50_ms", "p99_ms"))))


def _print_ratios(comparisons: list[dict[str, Any]]) -> None:
    say("\nthe shop ÷ the rival in the same round (median, and spread); * estimated, not run\n\n")
    form = "{:14} {:10} {:>8}  {:16} {:>6}  {}\n"
    say(form.format("", "", "times", "spread", "goal", ""))
    for found in comparisons:
        ratio, goal = found["ratio"], found["goal"]
        low, high = found["ratio_spread"]
        verdict = "" if goal is None else "reached" if ratio >= goal else f"{ratio / goal:.0%}"
        rival = found["rival"] + "*" * found["bridged"]
        say(form.format(found["what"], rival, ratio, f"{low}–{high}", goal or "–", verdict))


if __name__ == "__main__":
    main()
