"""The router hook: how an app in ``EXTRA_APPS`` adds endpoints below ``/api/``."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured
from rest_framework.viewsets import ViewSetMixin

_SEGMENT = re.compile(r"[a-z][a-z0-9-]*")


class Registration(NamedTuple):
    """A viewset of an extension, as ``Router.register`` takes it."""

    prefix: str
    viewset: type[ViewSetMixin]
    basename: str


_registered: list[Registration] = []


def register(prefix: str, viewset: type[ViewSetMixin], basename: str) -> None:
    """Serve ``viewset`` below ``/api/<prefix>/``, in the index and in the OpenAPI document too.

    Call it in ``AppConfig.ready()``. The first segment of the prefix is lower-case letters, digits
    and hyphens; nothing below the shop's own prefixes can be registered. Raises
    ImproperlyConfigured for a malformed prefix; for one that is taken, the start does.
    """
    if not _SEGMENT.fullmatch(_first_segment(prefix)):
        raise ImproperlyConfigured(f"{prefix!r} is not a prefix for an endpoint: use my-things.")
    _registered.append(Registration(prefix, viewset, basename))


def extensions(taken: Iterable[str]) -> list[Registration]:
    """Return what was registered. ``taken`` are the shop's own prefixes.

    Raises ImproperlyConfigured for a prefix that begins with one of them, and for two that are
    the same.
    """
    segments = {_first_segment(prefix) for prefix in taken}
    prefixes: set[str] = set()
    for prefix, viewset, _ in _registered:
        if _first_segment(prefix) in segments or prefix in prefixes:
            raise ImproperlyConfigured(
                f"{viewset.__module__}.{viewset.__name__} cannot have the prefix {prefix!r}: "
                f"/api/{_first_segment(prefix)}/ is taken."
            )
        prefixes.add(prefix)
    return list(_registered)


def _first_segment(prefix: str) -> str:
    return prefix.partition("/")[0]
