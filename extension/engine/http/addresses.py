"""Addresses from which results may be fetched: public ones, so that no answer reaches into the user's own network."""

import ipaddress

from ....port_types.errors import BlockedUrl

__all__ = ["check_literal", "is_public"]

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: the last four bytes are an IPv4 address."""

AZURE_WIRE_SERVER = ipaddress.ip_address("168.63.129.16")
"""A public address that means a cloud's own host to every machine in it, as 169.254.169.254 does."""


def is_public(text: str) -> bool:
    """Return whether an IP address is one of the public internet, in whichever way it is written.

    An IPv6 address that stands for an IPv4 address is as public as that one.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local:
            return False
        address = _embedded(address) or address
    return address.is_global and not address.is_multicast and address != AZURE_WIRE_SERVER


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for: mapped, compatible, 6to4 or NAT64."""
    if address in NAT64 or (address.packed[:12] == bytes(12) and int(address) > 1):
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


def check_literal(host: str) -> None:
    """Refuse a host that is written as an IP address which is not public; names are for the resolver.

    Raises:
        BlockedUrl: it is such an address.
    """
    try:
        public = is_public(host.strip("[]"))
    except ValueError:
        return
    if not public:
        raise BlockedUrl(f"its host {host} is a private address")
