"""Which addresses a tenant may live at whose host name came from a user instead of the operator."""

from __future__ import annotations

import ipaddress

# Not private by the registries, yet they lead to private or to translated, tunnelled and test networks.
_UNSAFE = [
    ipaddress.ip_network(block)
    for block in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    )
]


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet, also one that is wrapped in an IPv6 address."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address in network for network in _UNSAFE if network.version == address.version)
