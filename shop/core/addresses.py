"""Client addresses, as the limits of requests count them."""

import ipaddress


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
