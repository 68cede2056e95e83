"""Client addresses, as limits count them."""

import ipaddress


def network_of(text: str) -> str:
    """Return an address as limits count it: of IPv6 the /64 network, of other text the start."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)
