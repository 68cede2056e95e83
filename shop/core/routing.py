"""Endpoints of apps in ``EXTRA_APPS`` below ``/api/``, and the names of routes."""

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.urls import ResolverMatch
from rest_framework.viewsets import ViewSetMixin

_SEGMENT = re.compile(r"[a-z][a-z0-9-]*")


class Registration(NamedTuple):
    """The viewset of an extension, with the arguments of ``Router.register``."""

    prefix: str
    viewset: type[ViewSetMixin]
    basename: str


_registered: list[Registration] = []


def register(prefix: str, viewset: type[ViewSetMixin], basename: str) -> None:
    """Serve ``viewset`` below ``/api/<prefix>/``, and add it to the index and the OpenAPI document.

    Call it in ``AppConfig.ready()``. The first segment of the prefix has lower-case letters, digits
    and hyphens, and must not be a prefix of the shop. Raises ImproperlyConfigured for a malformed
    prefix. A prefix that is taken raises it when the URLs are loaded.
    """
    if not _SEGMENT.fullmatch(_first_segment(prefix)):
        raise ImproperlyConfigured(
            f"{prefix!r} is not a valid prefix of an endpoint: use one such as gift-cards."
        )
    _registered.append(Registration(prefix, viewset, basename))


def extensions(taken: Iterable[str]) -> list[Registration]:
    """Return the registered viewsets. ``taken`` are the prefixes of the shop.

    Raises ImproperlyConfigured for a prefix that begins with one of them, and for two equal ones.
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


def route_of(match: ResolverMatch | None, path: str) -> str:
    """Return the pattern of a request's path, such as ``/api/products/<pk>/``.

    It is "" if the path does not exist, or the request was refused before.
    """
    if match is not None and match.route:
        return _readable(match.route)
    return path if match is not None and path == "/" else ""


@cache
def _readable(route: str) -> str:
    from django.contrib.admindocs.views import simplify_regex  # noqa: PLC0415 - needs loaded apps

    return str(simplify_regex(route))
