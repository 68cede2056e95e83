"""Fault points: places in the code at which a test kills a worker of its server, or delays it.

Only the settings ``shop.testing.faulty`` install this app. It wraps the functions of ``POINTS``
when the server starts. A file in the folder ``settings.FAULTS`` arms the point of the same name. An
empty file kills the next process that reaches the point with SIGKILL, and is removed. A file with a
number stays, and delays every call by so many seconds, or until it is removed; ``NAME.reached`` is
created then.
"""

import os
import signal
import time
from collections.abc import Callable
from functools import reduce, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings

BEFORE, AFTER, FAILED = "before", "after", "failed"

# By point: whether it is before or after a function, and the function as its caller looks it up.
POINTS = {
    "key.claimed": (AFTER, "shop.core.idempotency.records", "Claim.take"),
    "response.committed": (AFTER, "shop.core.idempotency.requests", "run_once"),
    "order.items_locked": (AFTER, "orders.services.placing", "lock_cart_to_order"),
    "order.written": (AFTER, "orders.services.placing", "write_order"),
    "order.stock_taken": (AFTER, "orders.services.placing", "take_stock"),
    "payment.begun": (BEFORE, "payments.services", "charge"),
    "payment.charged": (BEFORE, "payments.services.payments", "settle"),
    "payment.settled": (AFTER, "payments.services.payments", "settle"),
    "refund.begun": (BEFORE, "payments.gateways.demo", "DemoGateway.refund"),
    "refund.sent": (AFTER, "payments.gateways.demo", "DemoGateway.refund"),
    "invoice.numbered": (AFTER, "payments.invoices.issuing", "_next_number"),
    "invoice.inserted": (AFTER, "payments.invoices.issuing", "_insert"),
    "event.fetched": (BEFORE, "payments.services.webhooks", "_apply"),
    "gateway.silent": (FAILED, "payments.gateways.demo", "DemoGateway.start"),
}


class FaultsConfig(AppConfig):
    """The app that wraps the functions; a test arms the points."""

    name = "shop.testing"

    def ready(self) -> None:
        """Wrap every function of ``POINTS``. Raises AttributeError if one no longer exists."""
        for point, (when, module, path) in POINTS.items():
            *owners, name = path.split(".")
            owner = reduce(getattr, owners, import_module(module))
            armed = Path(settings.FAULTS) / point
            setattr(owner, name, _wrap(getattr(owner, name), when, armed))


def _wrap(function: Callable[..., Any], when: str, armed: Path) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if when == BEFORE:
            _strike(armed)
        try:
            result = function(*args, **kwargs)
        except Exception:
            if when == FAILED:
                _strike(armed)
            raise
        if when == AFTER:
            _strike(armed)
        return result

    return run


def _strike(armed: Path) -> None:
    try:
        seconds = armed.read_text()
        if not seconds:
            armed.unlink()
    except FileNotFoundError:
        return
    if seconds:
        Path(f"{armed}.reached").touch()
        end = time.monotonic() + float(seconds)
        while armed.exists() and time.monotonic() < end:
            time.sleep(0.01)
    else:
        os.kill(os.getpid(), signal.SIGKILL)
