"""The official SDK, kept within bounds: eight seconds a call, no redirects, answers of a size."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any

import requests
import stripe
from django.conf import settings

from payments.gateways.base import GatewayUnavailable

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 8.0
MAX_BYTES = 4 * 1024 * 1024

# The SDK retries under the same key (docs.stripe.com/error-low-level); the deadline ends it.
_RETRIES = 1
_threads = local()


class BoundedClient(stripe.RequestsClient):
    """The SDK's way to the network, with a deadline for all requests until the next ``begin``."""

    def __init__(self) -> None:
        session = requests.Session()
        session.max_redirects = 0  # a redirect could carry the key elsewhere
        super().__init__(session=session)
        self._ends_at = 0.0

    def begin(self, seconds: float) -> None:
        """Allow so many seconds from now on."""
        self._ends_at = time.monotonic() + seconds

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> Any:
        """Ask within the time that is left. Raises APIConnectionError."""
        left = self._left()
        self._timeout = (min(CONNECT_SECONDS, left), left)
        raw, status, answered = self.request_stream(method, url, headers, post_data)
        try:
            return self._read(raw), status, answered
        except stripe.APIConnectionError:
            raw.close()
            raise
        except Exception as error:
            # Of the network's libraries, several: whatever it is, the answer was lost.
            raw.close()
            raise _lost(f"the answer broke off: {type(error).__name__}") from error

    def _read(self, raw: Any) -> bytes:
        body = bytearray()
        while chunk := raw.read1(65_536, decode_content=True):
            body += chunk
            self._left()
            if len(body) > MAX_BYTES:
                raise _lost("the answer is too long")
        raw.release_conn()
        return bytes(body)

    def _left(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise _lost("no time is left")
        return left


def _lost(why: str) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(why, should_retry=False)  # type: ignore[no-untyped-call]


@contextmanager
def talking(seconds: float = TOTAL_SECONDS) -> Iterator[stripe.V1Services]:
    """Give the SDK for ``seconds``; whatever goes wrong in them is GatewayUnavailable.

    Of an error only its kind, code and request id are told: nothing that was sent.
    """
    try:
        yield _services(seconds)
    except stripe.StripeError as error:
        facts = (type(error).__name__, error.code, error.http_status, error.request_id)
        raise GatewayUnavailable(" ".join(str(fact) for fact in facts if fact)) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A 200 that is not what Stripe answers.
        raise GatewayUnavailable(f"unintelligible: {type(error).__name__}") from error


def _services(seconds: float) -> stripe.V1Services:
    """Return this thread's client: connections are not shared between threads."""
    account = (settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)
    if getattr(_threads, "account", None) != account:
        _threads.http = BoundedClient()
        _threads.client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses={"api": settings.STRIPE_API_BASE},
            http_client=_threads.http,
            max_network_retries=_RETRIES,
        )
        _threads.account = account
    _threads.http.begin(seconds)
    services: stripe.V1Services = _threads.client.v1
    return services
