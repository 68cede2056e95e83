"""Which parts of the engine are in use, by the settings SHOP_ENGINE and SHOP_ENGINE_WITHOUT."""

from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PARTS = frozenset({"request_buffer", "response_cache", "thread_scheduler"})
"""The names that SHOP_ENGINE_WITHOUT may hold."""


def uses(part: str) -> bool:
    """Return whether a part of PARTS is switched on: in fast mode, unless it is excluded."""
    return settings.SHOP_ENGINE == "fast" and part not in settings.SHOP_ENGINE_WITHOUT


def check_names(names: Iterable[str]) -> frozenset[str]:
    """Return the names of parts. Raises ImproperlyConfigured if one is not in PARTS."""
    chosen = frozenset(names)
    if unknown := sorted(chosen - PARTS):
        raise ImproperlyConfigured(
            f"SHOP_ENGINE_WITHOUT has unknown parts: {', '.join(unknown)}. "
            f"The known parts are: {', '.join(sorted(PARTS))}."
        )
    return chosen
