"""Rate limits with an atomic upsert in the database, shared by all workers.

The throttles of DRF read and then write a cache, so that parallel requests can exceed the limit. A
window begins with the first attempt and ends after a fixed time, whatever happens meanwhile.
"""

import time
from collections.abc import Mapping
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
from shop.engine import fetch

# One statement counts all limits of a caller. The first attempt after a window begins a new one.
_COUNT = """
INSERT INTO core_ratecounter (key, attempts, ends_at) VALUES {rows}
ON CONFLICT (key) DO UPDATE SET
    attempts = CASE WHEN core_ratecounter.ends_at <= %s THEN 1
                    ELSE core_ratecounter.attempts + 1 END,
    ends_at = CASE WHEN core_ratecounter.ends_at <= %s THEN excluded.ends_at
                   ELSE core_ratecounter.ends_at END
RETURNING key, attempts, ends_at
"""

_OPEN_WINDOWS = """
SELECT key, attempts, ends_at FROM core_ratecounter WHERE key IN ({keys}) AND ends_at > %s
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``attempts`` in a window of ``seconds``, which begins with the first attempt."""

    attempts: int
    seconds: int


class CountingThrottle(BaseThrottle):
    """Applies each of ``limits`` to the attempts under ``name`` and the result of ``identify``."""

    name = ""
    limits: tuple[Limit, ...] = ()

    def __init__(self) -> None:
        """DRF creates a throttle for each request."""
        self._wait: int | None = None

    def identify(self, request: Request) -> str | None:
        """Return the caller to count, by default the client's address, or None for no limit."""
        return address_of(self, request)

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count this attempt. Return False if it exceeds a limit."""
        caller = self.identify(request) if settings.THROTTLE else None
        if caller is None:
            return True
        self._wait = self.count(caller)
        return self._wait == 0

    def wait(self) -> float | None:
        """Return the seconds until the window ends."""
        return self._wait

    def forgive(self, request: Request) -> None:
        """Subtract this attempt, which turned out not to count."""
        caller = self.identify(request) if settings.THROTTLE else None
        if caller is None:
            return
        RateCounter.objects.filter(key__in=self.keys(caller), attempts__gt=0).update(
            attempts=F("attempts") - 1
        )

    def count(self, caller: str) -> int:
        """Count once under each limit, whatever the setting THROTTLE says.

        Return the seconds to wait, 0 if no limit is exceeded.
        """
        keys = self.keys(caller)
        now = int(time.time())
        # Always in the same order, so that parallel upserts of several rows cannot deadlock.
        rows = [value for key in sorted(keys) for value in (key, 1, now + keys[key].seconds)]
        statement = _COUNT.format(rows=", ".join(["(%s, %s, %s)"] * len(keys)))
        with connection.cursor() as cursor:
            cursor.execute(statement, [*rows, now, now])
            counted = cursor.fetchall()
        return max(
            0 if attempts <= keys[key].attempts else max(1, ends_at - now)
            for key, attempts, ends_at in counted
        )

    def keys(self, caller: str) -> dict[str, Limit]:
        """Return the limits by the keys of their counters: digests, without personal data."""
        return {
            sha256(f"{self.name}:{limit.seconds}:{caller}".encode()).hexdigest(): limit
            for limit in self.limits
        }


def longest_wait(callers: Mapping[CountingThrottle, str]) -> int:
    """Return the seconds until none of the limits is reached, without counting; 0 for no wait."""
    keys: dict[str, Limit] = {}
    for throttle, identity in callers.items():
        keys |= throttle.keys(identity)
    now = int(time.time())
    statement = _OPEN_WINDOWS.format(keys=", ".join(["%s"] * len(keys)))
    windows = fetch(statement, [*keys, now])
    return max(
        (ends_at - now for key, attempts, ends_at in windows if attempts >= keys[key].attempts),
        default=0,
    )


def address_of(throttle: BaseThrottle, request: Request) -> str:
    """Return the client's address behind NUM_PROXIES proxies, as ``network_of`` returns it."""
    return network_of(throttle.get_ident(request) or "")


def delete_ended_windows(limit: int) -> int:
    """Delete at most ``limit`` counters whose window has ended; return their number."""
    ended = RateCounter.objects.filter(ends_at__lte=int(time.time()))
    batch = list(ended.order_by("ends_at").values_list("pk", flat=True)[:limit])
    return RateCounter.objects.filter(pk__in=batch, ends_at__lte=int(time.time())).delete()[0]
