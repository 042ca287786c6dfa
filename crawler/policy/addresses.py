"""Which addresses may be dialled: a pure rule on the address itself, whatever name led to it.

`ipaddress.is_global` alone lets through too much (multicast, NAT64, 6to4 and others that
wrap a private IPv4 address), so addresses are unwrapped first (RFC 6890, RFC 6052, RFC 3056).
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_SIXTOFOUR = IPv6Network("2002::/16")
"""Whether these are global depends on the IPv4 address within, and in `ipaddress` on the Python."""
_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # CGNAT, RFC 6598
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/3",  # multicast and reserved
        "fec0::/10",  # site-local, RFC 3879
        "ff00::/8",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
    )
)


def network(text: str) -> Network:
    """Read an address or a network, as `allow_addresses` has them.

    Raises:
        ValueError: it is neither.
    """
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError("an address or a network is needed, as in 10.0.0.0/8 or ::1") from None


def may_dial(text: str, allowed: Iterable[Network]) -> bool:
    """Tell whether an address may be dialled: global unicast, or allowed by name."""
    address = ip_address(text.partition("%")[0])
    inner = _unwrapped(address)
    if any(_within(one, network) for one in {address, inner} for network in allowed):
        return True
    return _is_global(inner) and (_within(address, _SIXTOFOUR) or _is_global(address))


def _is_global(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not any(_within(address, network) for network in _NEVER)
    )


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in (*_NAT64, _COMPATIBLE)):
        return IPv4Address(address.packed[-4:])
    return address


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
