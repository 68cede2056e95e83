"""Client addresses, as the limits of requests count them."""

import ipaddress
from functools import lru_cache

from django.conf import settings


def client_address(remote: str, forwarded: str) -> str:
    """Return the client's address behind NUM_PROXIES proxies, at most 64 characters of it.

    ``remote`` is the address of the connection, ``forwarded`` the value of X-Forwarded-For.
    """
    if not settings.NUM_PROXIES or not forwarded:
        return remote
    hops = forwarded.split(",")
    return hops[-min(settings.NUM_PROXIES, len(hops))].strip()[:64]


@lru_cache(maxsize=1024)
def network_of(text: str) -> str:
    """Return the /64 network of an IPv6 address, an IPv4 address as it is, or the start of a text.

    A provider gives each customer at least a /64 network of IPv6 addresses.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)
