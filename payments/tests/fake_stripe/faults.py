"""What goes wrong on demand, before or after the endpoint did its work.

The kinds, each with the page that tells of it:

``hang``, ``hang_after``: no answer for ``seconds``, then the connection is dropped.
``drop``, ``drop_after``: the connection is closed without an answer.
``garbage``, ``garbage_after``: a 200 that is not JSON.
``error``: a 500 of a server that never began, not kept (docs.stripe.com/error-low-level).
``error_kept``: a 500 without effect, kept for the key: the same again and again.
``error_after``: the work was done, and yet a 500, kept for the key: "treat as indeterminate".
``unavailable``: a 503 before anything.
``rate_limit``, ``lock_timeout``: a 429 before anything (docs.stripe.com/rate-limits).
``slow``: ``seconds`` later than usual, but well.
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
    """Strikes requests that match, ``times`` times (None: always), each with chance ``rate``."""

    kind: str
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    rate: float = 1.0
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind}")


class Faults:
    """The rules in force, tried in their order. The account's lock is held."""

    def __init__(self) -> None:
        self.arm([], seed=0)
        self.struck: dict[str, int] = {}

    def arm(self, rules: list[dict[str, Any]], *, seed: int) -> None:
        """Replace every rule."""
        self.rules = [Rule(**rule) for rule in rules]
        self.chance = random.Random(seed)

    def draw(self, method: str, path: str) -> Rule | None:
        """Return the rule that strikes this request, if one does."""
        for rule in self.rules:
            if rule.times == 0 or not fnmatchcase(method, rule.method):
                continue
            if not fnmatchcase(path, rule.path) or self.chance.random() >= rule.rate:
                continue
            rule.times = None if rule.times is None else rule.times - 1
            self.struck[rule.kind] = self.struck.get(rule.kind, 0) + 1
            return rule
        return None
