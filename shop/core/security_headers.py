"""The security headers of every response, also of errors that Django does not see."""

from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.datastructures import CaseInsensitiveMapping

Headers = CaseInsensitiveMapping[str]

STRICT_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of the API, and of everything that is not a page."""

_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; {images}; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Images in the media storage, and those of imported products, have other hosts.
_ADMIN_POLICY = _PAGES.format(images="img-src 'self' data: https:")
_DOCS_POLICY = _PAGES.format(images="img-src 'self' data:")

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _headers(policy: str, *, resource_policy: str = "same-origin") -> Headers:
    return CaseInsensitiveMapping(
        {
            **_COMMON,
            "Content-Security-Policy": policy,
            "Cross-Origin-Resource-Policy": resource_policy,
        }
    )


_DEFAULT = _headers(STRICT_POLICY)
_BY_PREFIX = (
    ("/admin/", _headers(_ADMIN_POLICY)),
    ("/api/docs/", _headers(_DOCS_POLICY)),
    # The pages of the shop's clients, on other hosts, show the images.
    ("/media/", _headers(STRICT_POLICY, resource_policy="cross-origin")),
)
_INDEX = _headers(_DOCS_POLICY)


def security_headers(path: str) -> Headers:
    """Return the headers of a response. ``path`` is the decoded path of the request."""
    if path.startswith("/api/") and not path.startswith("/api/docs/"):
        return _DEFAULT
    for prefix, headers in _BY_PREFIX:
        if path.startswith(prefix):
            return headers
    return _INDEX if path == "/" else _DEFAULT


def add_security_headers(response: HttpResponseBase, path: str) -> None:
    """Add the headers that the view did not set; none to the error pages of development.

    Those have inline styles and scripts. One dictionary is merged, because setting seven headers
    takes a twentieth of the time of a cached response.
    """
    if settings.DEBUG and response.status_code in (404, 500) and path.startswith("/admin/"):
        return
    headers: Any = response.headers
    headers._store = security_headers(path)._store | headers._store  # noqa: SLF001
