"""``python -m bench.against --rev COMMIT``: compare this working tree with another commit.

Both shops run at the same time, each on its own database of one PostgreSQL server. In each round
every workload runs on both of them, in short slices that alternate in a random order.
"""

import argparse
import json
import math
import random
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median
from types import FrameType
from typing import NamedTuple, NoReturn

from bench import fill, say
from bench.delay import delayed, measure_round_trip
from bench.load import Sample
from bench.scenarios import PASSWORD, SHOP
from bench.target import CATALOG_SIZE, Target
from shop.testing.postgres import running_postgres
from shop.testing.server import ROOT, environment_for, fresh_database, manage, running_shop

SAME = "same"
_LOCK_FILE = "requirements.txt"
_WARM_UP = 0.5  # seconds of each workload, before the first round
_SLICES = 4  # of each workload in a round, alternately here and there
_IF_NAMED = ("304", "guest")  # workloads that run only if --only names them
_CONFIDENCE = 0.99

# The rates of one workload in one round: of the shop here, and of the shop there.
Pair = tuple[float, float]


def main() -> None:
    """Start both shops, compare them, print the table."""
    options = _read_options()
    signal.signal(signal.SIGTERM, _stop)
    names = [name for name in SHOP if _is_wanted(name, options.only)]
    if not names:
        raise SystemExit(f"No workload contains {options.only!r}; there are: {', '.join(SHOP)}.")
    with checked_out(options.rev) as there, running_postgres(durable=True) as server:
        _print_differences(there)
        with (
            running_target(
                server, ROOT, options.env_here, clients=options.clients, delay=options.delay_ms
            ) as target_here,
            running_target(
                server, there, options.env_there, clients=options.clients, delay=options.delay_ms
            ) as target_there,
        ):
            pairs = compare(target_here, target_there, names, options)
    _print(pairs)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.against", description=__doc__)
    parser.add_argument(
        "--rev", default=SAME, help="a commit, or 'same' for this working tree twice"
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one workload in one round")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument(
        "--only",
        default="",
        help="run the workloads whose name contains one of these words, separated by commas",
    )
    for side in ("here", "there"):
        parser.add_argument(
            f"--env-{side}",
            type=_read_environment,
            default={},
            metavar="NAME=VALUE…",
            help=f"environment variables of the server {side}, separated by spaces",
        )
    parser.add_argument(
        "--delay-ms", type=float, default=0, help="added to each round trip to PostgreSQL"
    )
    return parser.parse_args()


def _read_environment(text: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in shlex.split(text)]
    if not all(name and sign for name, sign, _ in pairs):
        raise argparse.ArgumentTypeError(f"not of the form NAME=VALUE: {text}")
    return {name: value for name, _, value in pairs}


def _is_wanted(name: str, only: str) -> bool:
    words = only.split(",")
    return any(w in name and all(rare in w for rare in _IF_NAMED if rare in name) for w in words)


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signum)


@contextmanager
def checked_out(rev: str) -> Iterator[Path]:
    """Yield a temporary folder with the files of a commit."""
    if rev in ("", SAME):
        yield ROOT
        return
    commit = _git("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}")
    if not commit:
        raise SystemExit(f"{rev} is not a commit of this repository.")
    with tempfile.TemporaryDirectory(prefix="shop-against-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder) / "tree"
        try:
            _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))
            _git("worktree", "prune")


def _git(*arguments: str) -> str:
    """Run git in a session of its own, so that Ctrl-C does not interrupt it."""
    return subprocess.run(
        ["git", *arguments],  # noqa: S607 - git on the PATH
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ).stdout.strip()


def _print_differences(there: Path) -> None:
    """Warn that both servers run with the packages installed here."""
    if (there / _LOCK_FILE).read_text() != (ROOT / _LOCK_FILE).read_text():
        say(f"{_LOCK_FILE} differs there; both run with the packages installed here.\n")


@contextmanager
def running_target(
    server: str,
    root: Path,
    environment: dict[str, str],
    *,
    clients: int,
    delay: float = 0,
    code: str = "",
) -> Iterator[Target]:
    """Serve a working tree on a new database, which the models of that tree have filled.

    ``code`` is run in that tree afterwards. ``delay`` is in milliseconds for each round trip.
    """
    with fresh_database(server) as database:
        settings = environment_for(
            database, **{"DJANGO_SETTINGS_MODULE": "shop.settings", **environment}
        )
        manage(settings, "migrate", "--verbosity", "0", root=root)
        filled = _fill(settings, root, customers=max(clients, 8))
        if code:
            subprocess.run([sys.executable, "-c", code], env=settings, cwd=root, check=True)
        with (
            delayed(database, delay) if delay else nullcontext(database) as url,
            running_shop(url, root=root, **{"WORKER_PINNING": "true", **environment}) as shop,
        ):
            if delay:
                near, far = measure_round_trip(database), measure_round_trip(url)
                say(f"Round trip to PostgreSQL: {far:.2f} ms, {near:.2f} without the delay.\n")
            yield Target(int(shop.environment["PORT"]), **filled)


def _fill(environment: dict[str, str], root: Path, customers: int) -> dict[str, list[object]]:
    # The code of bench.fill runs in the other folder, so that it imports the models of that tree.
    command = [sys.executable, "-c", Path(fill.__file__).read_text()]
    done = subprocess.run(
        [*command, str(CATALOG_SIZE), str(customers), PASSWORD],
        env=environment,
        cwd=root,
        check=True,
        stdout=subprocess.PIPE,
    )
    found: dict[str, list[object]] = json.loads(done.stdout)
    return found


def compare(
    here: Target, there: Target, names: list[str], options: argparse.Namespace
) -> dict[str, list[Pair]]:
    """Return the pairs of rates of each workload, one for each round."""
    for target in (here, there):
        target.warm_up()
        for name in names:
            target.slice(name, options.clients, min(_WARM_UP, options.seconds))
    pairs: dict[str, list[Pair]] = {name: [] for name in names}
    for number in range(options.rounds):
        for target in (here, there):
            target.log_everyone_in()
        for name in random.sample(names, len(names)):
            pairs[name].append(_compare_once(here, there, name, options))
        say(f"round {number + 1} of {options.rounds}\n")
    return pairs


def _compare_once(here: Target, there: Target, name: str, options: argparse.Namespace) -> Pair:
    """Return the rates of short slices that alternate, so that a busy moment slows down both."""
    samples: dict[Target, list[Sample]] = {here: [], there: []}
    for _ in range(_SLICES):
        for target in random.sample((here, there), 2):
            sample = target.slice(name, options.clients, options.seconds / _SLICES)
            samples[target].append(sample)
    return rate_of(samples[here]), rate_of(samples[there])


def rate_of(samples: list[Sample]) -> float:
    """Return the operations a second of several slices together."""
    return sum(len(sample.times) for sample in samples) / sum(sample.seconds for sample in samples)


class Comparison(NamedTuple):
    """The ratio of the rates here and there: its median, and the spread around it."""

    ratio: float
    low: float
    high: float
    verdict: str


def summarize(pairs: list[Pair]) -> Comparison:
    """Compare the rates of each round; so a drift of the machine does not matter.

    The spread is the interval between two of the sorted ratios that holds their true median with a
    confidence of 99 %, whatever their distribution (as in the sign test): the least and the
    greatest of nine, the third and the third last of fifteen. Fewer than eight have no such
    interval: their spread is the least and the greatest, and there is no verdict.
    """
    ratios = sorted(here / there for here, there in pairs)
    left_out = _count_left_out(len(ratios))
    low, high = ratios[max(left_out, 0)], ratios[-1 - max(left_out, 0)]
    if left_out < 0:
        verdict = "too few rounds"
    elif low <= 1 <= high:
        verdict = "within the spread"
    else:
        verdict = "faster here" if low > 1 else "slower here"
    return Comparison(median(ratios), low, high, verdict)


def _count_left_out(number: int) -> int:
    """Return how many ratios on each side lie outside the spread; -1 if they are too few."""
    share = 0.0
    for left_out in range(number):
        share += 2 * math.comb(number, left_out) / 2**number
        if share > 1 - _CONFIDENCE:
            return left_out - 1
    return -1


def _print(pairs: dict[str, list[Pair]]) -> None:
    form = "{:24} {:>9} {:>9} {:>11}  {:15} {}\n"
    say("\n" + form.format("", "here/s", "there/s", "here/there", "spread", "verdict"))
    for name, rates in pairs.items():
        found = summarize(rates)
        here, there = (f"{median(side):.1f}" for side in zip(*rates, strict=True))
        spread = f"{found.low:.3f}–{found.high:.3f}"
        say(form.format(name, here, there, f"{found.ratio:.3f}", spread, found.verdict))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
