"""Faults on demand, before or after the endpoint executes.

The kinds of faults, some with the page that documents them:

``hang``, ``hang_after``: no response for ``seconds``, then the connection is closed.
``drop``, ``drop_after``: the connection is closed without a response.
``garbage``, ``garbage_after``: a 200 that is not JSON.
``error``: a 500 before the endpoint begins, which is not stored (docs.stripe.com/error-low-level).
``error_kept``: a 500 without effect, which is stored for the idempotency key.
``error_after``: a 500 after the endpoint has executed, which is stored for the key.
``unavailable``: a 503 before the endpoint begins.
``rate_limit``, ``lock_timeout``: a 429 before the endpoint begins (docs.stripe.com/rate-limits).
``slow``: a correct response, ``seconds`` later than usual.
"""

import random
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

KINDS = frozenset({
    "hang", "hang_after", "drop", "drop_after", "garbage", "garbage_after", "error", "error_kept",
    "error_after", "unavailable", "rate_limit", "lock_timeout", "slow",
})  # fmt: skip


@dataclass
class Rule:
    """Applies a fault to ``times`` matching requests (None: to all), each at the rate ``rate``."""

    kind: str
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    rate: float = 1.0
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault: {self.kind}")


class Faults:
    """The active rules, in the order in which they are tried. Callers hold the account's lock."""

    def __init__(self) -> None:
        self.set_rules([], seed=0)
        self.counts: dict[str, int] = {}
        """How often each kind of fault was applied."""

    def set_rules(self, rules: list[dict[str, Any]], *, seed: int) -> None:
        """Replace every rule."""
        self.rules = [Rule(**rule) for rule in rules]
        self.random = random.Random(seed)

    def next_for(self, method: str, path: str) -> Rule | None:
        """Return the rule to apply to this request, and count it; or None."""
        for rule in self.rules:
            if rule.times == 0 or not fnmatchcase(method, rule.method):
                continue
            if not fnmatchcase(path, rule.path) or self.random.random() >= rule.rate:
                continue
            rule.times = None if rule.times is None else rule.times - 1
            self.counts[rule.kind] = self.counts.get(rule.kind, 0) + 1
            return rule
        return None
