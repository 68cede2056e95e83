"""The links in mails: to the pages of the storefront (``STOREFRONT_URL``)."""

from urllib.parse import quote

from django.conf import settings


def link(name: str, *, language: str, **values: str) -> str:
    """Return the URL of a page, or "" if the shop does not know the storefront.

    ``values`` are those of the placeholders, such as ``number`` and ``token``.
    """
    url: str = settings.STOREFRONT_LINKS[name]
    for place, value in {**values, "language": language}.items():
        url = url.replace(f"{{{place}}}", quote(value, safe=""))
    return url
