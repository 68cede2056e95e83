"""Metrics in Prometheus' format, off unless ``METRICS_TOKEN`` is set.

A server process counts its requests (``recorder``). Everything else is read from the database when
``/metrics`` is requested (``readings``): apps register what they can tell in ``AppConfig.ready()``.
"""

from shop.core.metrics.readings import Reading, register
from shop.core.metrics.recorder import (
    count_cache,
    count_refusal,
    count_request,
    count_slot,
    start,
)

__all__ = [
    "Reading",
    "count_cache",
    "count_refusal",
    "count_request",
    "count_slot",
    "register",
    "start",
]
