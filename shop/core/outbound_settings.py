"""What the settings OUTBOUND_* mean. The settings import this module.

Every function raises ImproperlyConfigured for a wrong value, with the remedy.
"""

from collections.abc import Sequence
from ipaddress import ip_network

from django.core.exceptions import ImproperlyConfigured

from shop.core.public_addresses import Network


def schemes(values: Sequence[str]) -> tuple[str, ...]:
    """Return how the URL of a request may begin: https, http or both."""
    found = tuple(dict.fromkeys(value.strip().lower() for value in values))
    if not found or not set(found) <= {"https", "http"}:
        raise ImproperlyConfigured("OUTBOUND_SCHEMES must be https, http or both: https,http.")
    return found


def networks(values: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks whose addresses may be requested although they are not public."""
    try:
        found = tuple(ip_network(value.strip()) for value in values)
    except ValueError as error:
        raise ImproperlyConfigured(
            "OUTBOUND_PRIVATE_NETWORKS must be networks with their prefix lengths, separated by "
            "commas, such as 10.1.0.0/16."
        ) from error
    if any(network.prefixlen == 0 for network in found):
        raise ImproperlyConfigured(
            "OUTBOUND_PRIVATE_NETWORKS must not allow every address: name the networks of the "
            "servers that the shop calls, such as 10.1.0.0/16."
        )
    return found
