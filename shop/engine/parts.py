"""Which parts of the engine are on.

``SHOP_ENGINE=plain`` switches all of them off. With ``SHOP_ENGINE=fast``, ``SHOP_ENGINE_WITHOUT``
names parts to leave out, to measure what each is worth and to find the cause of a fault.
``docs/performance.md`` has a table of the parts.
"""

from django.conf import settings

PARTS: frozenset[str] = frozenset(
    {
        "compiled_statements",
        "pipeline",
        "socket_check",
        "response_cache",
        "request_buffer",
        "thread_scheduler",
    }
)


def is_fast() -> bool:
    """Return whether the shop runs on the fast engine."""
    return bool(settings.SHOP_ENGINE == "fast")


def uses(part: str) -> bool:
    """Return whether a part of ``PARTS`` is on."""
    return is_fast() and part not in settings.SHOP_ENGINE_WITHOUT
