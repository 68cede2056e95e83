"""Which addresses are public: those that a request to a URL of somebody else may connect to."""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Network = IPv4Network | IPv6Network

# Some versions of Python call parts of these global. The prefixes of IPv6 contain an address of
# IPv4, which the network of the shop may translate: a private one, too.
_NEVER: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by the customers of a provider
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, with the metadata of cloud servers
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",
            "::/96",  # unspecified, loopback, and IPv4-compatible
            "::ffff:0:0/96",  # IPv4-mapped
            "::ffff:0:0:0/96",  # IPv4-translated
            "64:ff9b::/96",  # NAT64
            "64:ff9b:1::/48",  # NAT64 of a local network
            "100::/64",
            "2001::/23",  # Teredo and other protocols
            "2001:db8::/32",
            "2002::/16",  # 6to4
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",  # multicast
        ),
    )
)


def is_public(text: str) -> bool:
    """Return whether an address belongs to the public internet. Raises ValueError for no address.

    Loopback, private, link-local, reserved and multicast addresses do not, nor do those of IPv6
    that stand for an address of IPv4.
    """
    address = ip_address(text)
    return address.is_global and not is_in(address, _NEVER)


def is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    """Return whether an address belongs to one of the networks."""
    return any(address in network for network in networks if network.version == address.version)
