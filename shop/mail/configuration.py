"""What the settings of mail mean. The settings import this module, so it imports none of the shop.

Every function raises ImproperlyConfigured for a wrong value, with the remedy.
"""

import re
from collections.abc import Mapping, Sequence
from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

_PATHS = {
    "order": "/orders/{id}?token={token}",
    "payment": "/orders/{id}/pay?token={token}",
    "reset": "/reset-password?token={token}",
    "verification": "/verify-email?token={token}",
}
"""The pages of a storefront that a message links to, and their paths below ``STOREFRONT_URL``."""
_PLACEHOLDERS = {
    "order": {"id", "number", "token", "language"},
    "payment": {"id", "number", "token", "language"},
    "reset": {"token", "language"},
    "verification": {"token", "language"},
}
_URL = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII)
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_FORMER = {
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "use_ssl": "EMAIL_USE_SSL",
    "timeout": "EMAIL_TIMEOUT",
    "file_path": "EMAIL_FILE_PATH",
}
"""The options of a mailer, and the settings of the same meaning before Django 6.1."""


def mailers(url: str, *, timeout: float, is_debug: bool) -> dict[str, dict[str, Any]]:
    """Return Django's setting ``MAILERS`` for EMAIL_URL, without which DEBUG writes to a folder.

    A password is sent to this machine or encrypted, unless ``is_debug``.
    """
    if is_debug and not url:
        return {"default": {"BACKEND": "shop.mail.folder.FolderBackend"}}
    if url in ("", "none"):
        return {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
    try:
        found = environ.Env.email_url_config(url)
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(
            "EMAIL_URL must be the URL of a mail server, such as "
            "smtp+tls://user:password@mail.example.com:587, or none."
        ) from error
    backend = found["EMAIL_BACKEND"]
    if backend != _SMTP:
        options = {"file_path": found["EMAIL_FILE_PATH"]} if "filebased" in backend else {}
        return {"default": {"BACKEND": backend, "OPTIONS": options}}
    options = {name: found.get(former) for name, former in _FORMER.items() if former in found}
    del options["file_path"]
    options["timeout"] = timeout
    is_encrypted = bool(options.get("use_tls") or options.get("use_ssl"))
    options["port"] = options["port"] or (
        465 if options.get("use_ssl") else 587 if is_encrypted else 25
    )
    if options["password"] and not (is_encrypted or is_debug or options["host"] in _LOCAL):
        raise ImproperlyConfigured(
            "EMAIL_URL would send its password unencrypted: use smtp+tls:// (port 587) or "
            "smtp+ssl:// (port 465)."
        )
    return {"default": {"BACKEND": backend, "OPTIONS": options}}


def former_settings(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings ``EMAIL_*`` for the default mailer."""
    default = chosen["default"]
    options = default.get("OPTIONS", {})
    return {"EMAIL_BACKEND": default["BACKEND"]} | {
        _FORMER[name]: value for name, value in options.items()
    }


def sender(address: str, name: str, url: str, hosts: Sequence[str]) -> str:
    """Return the address of the sender, by default no-reply@ the host of ``url`` or of ``hosts``.

    ``name`` is added to an address that has none.
    """
    if not address:
        host = urlsplit(url).hostname or next(iter(hosts), "").strip(".")
        address = f"no-reply@{host if re.search('[a-z].*[.]', host) else 'localhost'}"
    shown, plain = parseaddr(address)
    try:
        validate_email(plain)
    except ValidationError as error:
        raise ImproperlyConfigured(
            "DEFAULT_FROM_EMAIL must be an address, such as Shop <orders@example.com>."
        ) from error
    return formataddr((shown or name, plain))


def staff_addresses(text: str) -> list[str]:
    """Return the addresses in STAFF_EMAILS, which are separated by commas."""
    addresses = [address.strip() for address in text.split(",") if address.strip()]
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as error:
            raise ImproperlyConfigured(
                "STAFF_EMAILS must be e-mail addresses, separated by commas, such as "
                "orders@example.com,office@example.com."
            ) from error
    return addresses


def links(url: str, chosen: Mapping[str, str], *, is_debug: bool) -> dict[str, str]:
    """Return the template of each link, by name; "" for those that the shop does not know."""
    if url and not _URL.fullmatch(url):
        raise ImproperlyConfigured(
            "STOREFRONT_URL must be the URL of the storefront, such as https://www.example.com."
        )
    found = {name: chosen[name] or (url and url + path) for name, path in _PATHS.items()}
    for name, template in found.items():
        _check_link(name, template, is_debug=is_debug)
    return found


def _check_link(name: str, template: str, *, is_debug: bool) -> None:
    variable = f"STOREFRONT_{name.upper()}_URL"
    used = set(re.findall(r"{(.*?)}", template))
    if template and (
        not _URL.fullmatch(template) or "token" not in used or used - _PLACEHOLDERS[name]
    ):
        places = ", ".join(f"{{{each}}}" for each in sorted(_PLACEHOLDERS[name]))
        raise ImproperlyConfigured(
            f"{variable} must be a URL with the placeholder {{token}}, such as "
            f"https://www.example.com{_PATHS[name]}. It may contain {places}."
        )
    host = urlsplit(template).hostname
    if template.startswith("http:") and not is_debug and host not in _LOCAL:
        raise ImproperlyConfigured(
            f"{variable if template else 'STOREFRONT_URL'} must begin with https://: the links in "
            "mails contain secrets."
        )
