"""The official SDK with limits: eight seconds for a request, 4 MB for a response, no redirects."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any, TypeVar

import requests
import stripe
from django.conf import settings

from payments.gateways.base import GatewayRefused, GatewayUnavailable
from shop.core import jobs, metrics, tracing

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 8.0
MAX_BYTES = 4 * 1024 * 1024

# The SDK retries with the same key (docs.stripe.com/error-low-level), until the deadline.
_RETRIES = 1
_PAUSES = (0.2, 0.6, 1.4)
"""Seconds before a request is repeated that came at the same time as too many others."""

REFUSALS = (stripe.AuthenticationError, stripe.PermissionError, stripe.RateLimitError)
"""Stripe executes nothing of a request that ends with one of these."""

T = TypeVar("T")
logger = logging.getLogger("shop.payments")
_threads = local()


class BoundedClient(stripe.RequestsClient):
    """An HTTP client for the SDK, with one deadline for all requests until it is set again.

    Each request has its own too, such as each page of a list.
    """

    def __init__(self) -> None:
        session = requests.Session()
        session.max_redirects = 0  # A redirect could send the API key to another host.
        super().__init__(session=session)
        self._deadline = self._end_of_request = 0.0

    def set_deadline(self, seconds: float) -> None:
        """Allow requests for ``seconds`` from now on."""
        self._deadline = time.monotonic() + seconds

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> Any:
        """Send a request and read its response before the deadline. Raises APIConnectionError.

        Raises TimeOver if the worker stops.
        """
        jobs.check_stop()
        self._end_of_request = time.monotonic() + TOTAL_SECONDS
        left = self._seconds_left()
        self._timeout = (min(CONNECT_SECONDS, left), left)
        headers = {**(headers or {}), **tracing.outgoing_headers()}
        raw, status, response_headers = self.request_stream(method, url, headers, post_data)
        try:
            return self._read(raw), status, response_headers
        except stripe.APIConnectionError:
            raw.close()
            raise
        except Exception as error:
            # requests, urllib3 and http.client raise different errors. The response is lost.
            raw.close()
            raise _connection_error(f"the response broke off: {type(error).__name__}") from error

    def _read(self, raw: Any) -> bytes:
        body = bytearray()
        while chunk := raw.read1(65_536, decode_content=True):
            body += chunk
            self._seconds_left()
            if len(body) > MAX_BYTES:
                raise _connection_error("the response is too large")
        raw.release_conn()
        return bytes(body)

    def _seconds_left(self) -> float:
        left = min(self._deadline, self._end_of_request) - time.monotonic()
        if left <= 0:
            raise _connection_error("the deadline has passed")
        return left


def _connection_error(message: str) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(message, should_retry=False)  # type: ignore[no-untyped-call]


@contextmanager
def api_client(seconds: float = TOTAL_SECONDS) -> Iterator[stripe.V1Services]:
    """Provide the SDK's services for ``seconds``. Raises GatewayUnavailable for every error.

    Its message contains the error's type, code, status and request id, but no data of the request.
    GatewayRefused, a kind of it, is also logged as an error and counted.
    """
    try:
        yield _services(seconds)
    except REFUSALS as error:
        report_refusal(error)
        raise GatewayRefused(_facts_of(error)) from error
    except stripe.StripeError as error:
        raise GatewayUnavailable(_facts_of(error)) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The response has status 200, but not the content that Stripe documents.
        raise GatewayUnavailable(f"invalid response: {type(error).__name__}") from error


def report_refusal(error: stripe.StripeError) -> None:
    """Log and count that Stripe refuses the shop's requests: a person has to act."""
    logger.error("Stripe refuses the requests of the shop: %s", _facts_of(error))
    metrics.count_refusal("stripe", type(error).__name__)


def patiently(call: Callable[[], T]) -> T:
    """Return the result of ``call``, which is repeated while Stripe has too many requests.

    It must have an idempotency key. Raises stripe.RateLimitError after the last attempt.
    """
    for pause in _PAUSES:
        try:
            return call()
        except stripe.RateLimitError:
            time.sleep(pause)
    return call()


def _facts_of(error: stripe.StripeError) -> str:
    facts = (type(error).__name__, error.code, error.http_status, error.request_id)
    return " ".join(str(fact) for fact in facts if fact)


def _services(seconds: float) -> stripe.V1Services:
    """Return the services of this thread's client, whose calls must end within ``seconds``.

    Threads do not share connections.
    """
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
    _threads.http.set_deadline(seconds)
    services: stripe.V1Services = _threads.client.v1
    return services
