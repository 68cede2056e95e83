"""Which parts of the engine are in use.

``SHOP_ENGINE=plain`` switches all of them off. With ``SHOP_ENGINE=fast``, ``SHOP_ENGINE_WITHOUT``
names parts to leave out, to measure what each is worth and to find the cause of a fault.
``docs/performance.md`` has a table of the parts.
"""

from collections.abc import Iterable
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PARTS: frozenset[str] = frozenset(
    {
        "compiled_statements",
        "pipeline",
        "request_buffer",
        "response_cache",
        "shared_cursor",
        "socket_check",
        "thread_scheduler",
    }
)
"""The names that SHOP_ENGINE_WITHOUT may hold."""


@cache
def is_fast() -> bool:
    """Return whether the shop runs on the fast engine. The settings are read once."""
    return bool(settings.SHOP_ENGINE == "fast")


@cache
def uses(part: str) -> bool:
    """Return whether a part of PARTS is on: in fast mode, unless it is left out."""
    return is_fast() and part not in settings.SHOP_ENGINE_WITHOUT


def check_names(names: Iterable[str]) -> frozenset[str]:
    """Return the names of parts. Raises ImproperlyConfigured if one is not in PARTS."""
    chosen = frozenset(names)
    if unknown := sorted(chosen - PARTS):
        raise ImproperlyConfigured(
            f"SHOP_ENGINE_WITHOUT has unknown parts: {', '.join(unknown)}. "
            f"The known parts are: {', '.join(sorted(PARTS))}."
        )
    return chosen
