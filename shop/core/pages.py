"""The pages of the storefront that show products and categories.

The settings import this module, so it imports only ``language_codes`` of it.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

from shop.core.language_codes import own_language

_PATHS = {
    "product": "/products/{slug}",
    "category": "/categories/{slug}",
    "collection": "/collections/{slug}",
}
"""The pages of a storefront, and their paths below STOREFRONT_URL, or else the URL of the shop."""
_PLACEHOLDERS = {"slug", "id", "language"}
_TEMPLATE = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:[0-9]{1,5})?(/[!-~]*)", re.ASCII)


def templates(url: str, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the template of each page by name; without ``url`` they begin with a slash.

    Raises ImproperlyConfigured for a wrong one, with the remedy.
    """
    for name, template in chosen.items():
        used = set(re.findall(r"{(.*?)}", template))
        is_complete = used & {"slug", "id"} and used <= _PLACEHOLDERS
        if template and not (_TEMPLATE.fullmatch(template) and is_complete):
            raise ImproperlyConfigured(
                f"STOREFRONT_{name.upper()}_URL must be a URL with the placeholder {{slug}} or "
                f"{{id}}, and may have {{language}}, such as https://www.example.com{_PATHS[name]}."
            )
    return {name: chosen.get(name) or url + path for name, path in _PATHS.items()}


def page_url(template: str, *, origin: str, slug: str, pk: int, language: str = "") -> str:
    """Return the URL of a page in a language, by default the shop's own.

    ``origin`` begins it if the template has no host.
    """
    page = template.replace("{slug}", quote(slug, safe="")).replace("{id}", str(pk))
    page = page.replace("{language}", language or own_language())
    return f"{origin}{page}" if page.startswith("/") else page
