"""Rate limits with an atomic upsert in the database, shared by all workers.

The throttles of DRF read and then write a cache, so that parallel requests can exceed the limit. A
window begins with the first attempt and ends after a fixed time, whatever happens meanwhile.
"""

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
# The time is the database's, since the clocks of servers differ.
_COUNT = """
INSERT INTO core_ratecounter (key, attempts, ends_at) VALUES {rows}
ON CONFLICT (key) DO UPDATE SET
    attempts = CASE WHEN core_ratecounter.ends_at <= {now} THEN 1
                    ELSE core_ratecounter.attempts + 1 END,
    ends_at = CASE WHEN core_ratecounter.ends_at <= {now} THEN excluded.ends_at
                   ELSE core_ratecounter.ends_at END
RETURNING key, attempts, ends_at - {now}
"""
_DELETE = """
DELETE FROM core_ratecounter WHERE ends_at <= {now} AND key IN (
    SELECT key FROM core_ratecounter WHERE ends_at <= {now} ORDER BY ends_at LIMIT %s
)
"""
_NOW = {
    "postgresql": "CAST(FLOOR(EXTRACT(EPOCH FROM STATEMENT_TIMESTAMP())) AS bigint)",
    "sqlite": "CAST(STRFTIME('%%s', 'now') AS INTEGER)",
}

_OPEN_WINDOWS = """
SELECT key, attempts, ends_at - {now} FROM core_ratecounter
WHERE key IN ({keys}) AND ends_at > {now}
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
        now = _NOW[connection.vendor]
        # Always in the same order, so that parallel upserts of several rows cannot deadlock.
        values = [value for key in sorted(keys) for value in (key, keys[key].seconds)]
        rows = ", ".join([f"(%s, 1, {now} + %s)"] * len(keys))
        with connection.cursor() as cursor:
            cursor.execute(_COUNT.format(rows=rows, now=now), values)
            counted = cursor.fetchall()
        return max(
            0 if attempts <= keys[key].attempts else max(1, seconds_left)
            for key, attempts, seconds_left in counted
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
    places = ", ".join(["%s"] * len(keys))
    windows = fetch(_OPEN_WINDOWS.format(keys=places, now=_NOW[connection.vendor]), [*keys])
    return max(
        (left for key, attempts, left in windows if attempts >= keys[key].attempts), default=0
    )


def address_of(throttle: BaseThrottle, request: Request) -> str:
    """Return the client's address behind NUM_PROXIES proxies, as ``network_of`` returns it."""
    return network_of(throttle.get_ident(request) or "")


def delete_ended_windows(limit: int) -> int:
    """Delete at most ``limit`` counters whose window has ended; return their number."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE.format(now=_NOW[connection.vendor]), [limit])
        deleted: int = cursor.rowcount
        return deleted
