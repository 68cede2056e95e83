"""Which parts of the engine are in use.

``SHOP_ENGINE=plain`` disables all of them except ``compiled_statements``. ``SHOP_ENGINE_WITHOUT``
disables single parts, to measure the gain of each and to find the cause of a bug.
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
"""The names that SHOP_ENGINE_WITHOUT may contain."""


@cache
def is_fast() -> bool:
    """Return whether the shop runs on the fast engine. The settings are read once."""
    return bool(settings.SHOP_ENGINE == "fast")


@cache
def uses(part: str) -> bool:
    """Return whether a part of PARTS is on: in fast mode, unless it is disabled.

    ``compiled_statements`` is also on in plain mode: use ``statements.compiles`` for it.
    """
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
