"""Rate limits that hold under races and across workers: an atomic upsert in the database.

DRF's own throttle reads, then writes, a cache, and parallel requests pass it together. A
window opens with the first attempt and closes by itself, so no limit ever becomes a lock.
"""

import time
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.db import connection
from django.db.models import F
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from shop.core.addresses import network_of
from shop.core.models import RateCounter

# A window that has closed begins anew. One statement for all limits of a caller.
_COUNT = """
INSERT INTO core_ratecounter (key, attempts, ends_at) VALUES {rows}
ON CONFLICT (key) DO UPDATE SET
    attempts = CASE WHEN core_ratecounter.ends_at <= %s THEN 1
                    ELSE core_ratecounter.attempts + 1 END,
    ends_at = CASE WHEN core_ratecounter.ends_at <= %s THEN excluded.ends_at
                   ELSE core_ratecounter.ends_at END
RETURNING key, attempts, ends_at
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``attempts`` in ``seconds``, counted from the first of them."""

    attempts: int
    seconds: int


class CountingThrottle(BaseThrottle):
    """Counts attempts under ``name`` and what ``identify`` returns, against each of ``limits``."""

    name = ""
    limits: tuple[Limit, ...] = ()

    def __init__(self) -> None:
        """Start without a wait; DRF makes a throttle for each request."""
        self._wait: int | None = None

    def identify(self, request: Request) -> str | None:
        """Return whom to count, None for nobody; by default the caller's address."""
        return address_of(self, request)

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count this attempt; False once any limit is passed."""
        whom = self.identify(request) if settings.THROTTLE else None
        if whom is None:
            return True
        self._wait = self._count(whom)
        return self._wait == 0

    def wait(self) -> float | None:
        """Return the seconds until the window closes."""
        return self._wait

    def forgive(self, request: Request) -> None:
        """Take this attempt back: it was none to be limited."""
        whom = self.identify(request) if settings.THROTTLE else None
        if whom is None:
            return
        RateCounter.objects.filter(key__in=self._keys(whom), attempts__gt=0).update(
            attempts=F("attempts") - 1
        )

    def _count(self, whom: str) -> int:
        """Count once under each limit; return 0, or the seconds until the longest wait is over."""
        keys = self._keys(whom)
        now = int(time.time())
        # In one order always, so that parallel upserts of several rows cannot deadlock.
        rows = [value for key in sorted(keys) for value in (key, 1, now + keys[key].seconds)]
        statement = _COUNT.format(rows=", ".join(["(%s, %s, %s)"] * len(keys)))
        with connection.cursor() as cursor:
            cursor.execute(statement, [*rows, now, now])
            counted = cursor.fetchall()
        return max(
            0 if attempts <= keys[key].attempts else max(1, ends_at - now)
            for key, attempts, ends_at in counted
        )

    def _keys(self, whom: str) -> dict[str, Limit]:
        """Return the limits under the names of their counters: a digest, so no name is kept."""
        return {
            sha256(f"{self.name}:{limit.seconds}:{whom}".encode()).hexdigest(): limit
            for limit in self.limits
        }


def address_of(throttle: BaseThrottle, request: Request) -> str:
    """Return the caller's address as NUM_PROXIES finds it; of IPv6 the /64 of a customer."""
    return network_of(throttle.get_ident(request) or "")


def forget_closed_windows(limit: int) -> int:
    """Delete up to ``limit`` counters whose window has closed; return how many went."""
    closed = RateCounter.objects.filter(ends_at__lte=int(time.time()))
    batch = list(closed.order_by("ends_at").values_list("pk", flat=True)[:limit])
    return RateCounter.objects.filter(pk__in=batch, ends_at__lte=int(time.time())).delete()[0]
