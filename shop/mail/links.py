"""The links in mails: to the pages of the storefront (``STOREFRONT_URL``)."""

from urllib.parse import quote

from django.conf import settings

from shop.mail import own_pages


def link(name: str, *, language: str, **values: str) -> str:
    """Return the URL of a page, or "" if the shop does not know the storefront.

    With DEBUG it then has pages of its own. ``values`` are those of the placeholders, such as
    ``number`` and ``token``.
    """
    url: str = settings.STOREFRONT_LINKS[name]
    if not url:
        return own_pages.url_of(name, values["token"])
    for place, value in {**values, "language": language}.items():
        url = url.replace(f"{{{place}}}", quote(value, safe=""))
    return url
